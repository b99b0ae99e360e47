{# The column adds up to another expression over another model: nothing lost or counted twice. #}
{% test same_total_as(model, column_name, other, expression) %}

    select
        totals.here,
        totals.there

    from (
        select
            (select coalesce(sum({{ column_name }}), 0) from {{ model }}) as here,
            (select coalesce({{ expression }}, 0) from {{ other }}) as there
    ) as totals
    where totals.here <> totals.there

{% endtest %}

{# Every row says it stands at the run date. #}
{% test is_as_of(model, column_name) %}

    select {{ column_name }}
    from {{ model }}
    where {{ column_name }} is distinct from {{ as_of() }}

{% endtest %}

{# Nothing of the run date or later: the cut-off is exclusive. #}
{% test before_as_of(model, column_name) %}

    select {{ column_name }}
    from {{ model }}
    where {{ column_name }} >= {{ as_of() }}

{% endtest %}

{# Values lie between two bounds, both allowed; null is another test's business. #}
{% test within(model, column_name, at_least=none, at_most=none) %}

    select {{ column_name }}
    from {{ model }}
    where
        {{ column_name }} < {{ column_name if at_least is none else at_least }}
        or {{ column_name }} > {{ column_name if at_most is none else at_most }}

{% endtest %}

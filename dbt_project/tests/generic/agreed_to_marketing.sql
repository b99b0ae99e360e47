{# Every customer has agreed to marketing; those who opted out or were never asked have not. #}
{% test agreed_to_marketing(model, column_name) %}

    select {{ column_name }}
    from {{ model }}
    where
        {{ column_name }} not in (
            select customer_id from {{ ref('dim_customers') }}
            where marketing_consent
        )

{% endtest %}

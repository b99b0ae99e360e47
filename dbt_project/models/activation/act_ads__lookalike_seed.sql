-- Whom new customers should resemble: the highest spenders who are likely to stay.

with reachable_customers as (

    select * from {{ ref('reachable_customers') }}

),

audience as (

    select
        customer_id,
        email,
        segment_name,
        churn_risk,
        'Among the top fifth by spend, buys often, churn risk low' as reason

    from reachable_customers
    where
        monetary_score = 5
        and frequency_score >= 4
        and churn_risk = 'low'

)

select * from audience

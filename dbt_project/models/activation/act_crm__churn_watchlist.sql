-- Whom to call before they leave: at risk of churning, and worth the call.

with reachable_customers as (

    select * from {{ ref('reachable_customers') }}

),

audience as (

    select
        customer_id,
        email,
        segment_name,
        churn_risk,
        'Churn risk ' || round(100 * churn_score)::integer || ' %, last order '
        || case
            when recency_days = 1 then 'yesterday'
            else {{ days_in_words('recency_days') }} || ' ago'
        end
        || ', spent ' || monetary_amount || ' so far' as reason

    from reachable_customers
    where
        churn_risk in ('medium', 'high')
        and monetary_score >= 3

)

select * from audience

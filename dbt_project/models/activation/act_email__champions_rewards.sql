-- The best customers, to be thanked while they are here.

with reachable_customers as (

    select * from {{ ref('reachable_customers') }}

),

audience as (

    select
        customer_id,
        email,
        segment_name,
        churn_risk,
        orders_365d || ' orders in the last year, the latest '
        || case
            when recency_days = 1 then 'yesterday'
            else {{ days_in_words('recency_days') }} || ' ago'
        end as reason

    from reachable_customers
    where rfm_segment = 'Champions'

)

select * from audience

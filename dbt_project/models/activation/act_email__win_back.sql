-- Good customers who have gone quiet: silent for twice their own rhythm, and three weeks at least.

with reachable_customers as (

    select * from {{ ref('reachable_customers') }}

),

audience as (

    select
        customer_id,
        email,
        segment_name,
        churn_risk,
        'No order for ' || {{ days_in_words('recency_days') }} || ', was ordering every '
        || {{ days_in_words('greatest(round(average_days_between_orders), 1)') }} as reason

    from reachable_customers
    where
        rfm_segment in ('Need Attention', 'At Risk', 'Cannot Lose Them', 'About To Sleep')
        and recency_to_cadence_ratio >= 2
        and recency_days >= 21

)

select * from audience

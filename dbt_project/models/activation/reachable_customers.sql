-- Everyone a channel may address: agreed to marketing, has an address, and what is known of them.
-- Ephemeral: audiences read it, nothing else does, and it leaves no table to send by mistake.

with customers as (

    select * from {{ ref('dim_customers') }}
    where
        marketing_consent
        and email is not null

),

rfm as (

    select * from {{ ref('mart_customer_rfm') }}

),

features as (

    select * from {{ ref('mart_customer_features') }}

),

segments as (

    select * from {{ ref('stg_ml__customer_segments') }}

),

churn_scores as (

    select * from {{ ref('stg_ml__churn_scores') }}

),

reachable as (

    select
        customers.customer_id,
        customers.email,
        segments.segment_name,
        churn_scores.churn_score,
        churn_scores.churn_risk,
        rfm.rfm_segment,
        rfm.recency_days,
        rfm.frequency_score,
        rfm.monetary_amount,
        rfm.monetary_score,
        features.orders_365d,
        features.average_days_between_orders,
        features.recency_to_cadence_ratio

    from customers
    inner join rfm using (customer_id)
    inner join features using (customer_id)
    left join segments using (customer_id)
    left join churn_scores using (customer_id)

)

select * from reachable

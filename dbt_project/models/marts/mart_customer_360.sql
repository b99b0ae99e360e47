-- Everything known of a customer in one row: what a marketer reads and an application asks for.

with engagement as (

    select * from {{ ref('mart_customer_engagement') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

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

churn as (

    select * from {{ ref('stg_ml__churn_scores') }}

),

preferred as (

    select * from {{ ref('int_categories_preferred_to_customer') }}

),

whole as (

    select
        engagement.as_of,
        engagement.customer_id,
        customers.customer_id is not null as is_in_crm,
        rfm.customer_id is not null as has_ordered,
        customers.email,
        customers.marketing_consent,
        customers.created_date,
        customers.age_band,
        customers.income_band,
        customers.household_size,
        segments.segment_id,
        segments.segment_name,
        segments.strength,
        segments.since_date,
        churn.churn_score,
        churn.churn_risk,
        rfm.rfm_segment,
        rfm.rfm_cell,
        rfm.recency_days,
        rfm.frequency_orders,
        rfm.monetary_amount,
        rfm.first_order_date,
        rfm.last_order_date,
        rfm.clv_recency_days,
        rfm.clv_age_days,
        rfm.clv_repeat_orders,
        features.orders_90d,
        features.spend_90d_amount,
        features.spend_365d_amount,
        features.average_order_amount,
        features.average_days_between_orders,
        features.recency_to_cadence_ratio,
        features.discount_share,
        features.private_label_share,
        features.return_share,
        engagement.engagement_score,
        engagement.orders_28d,
        engagement.sessions_28d,
        engagement.days_since_last_session,
        engagement.abandoned_carts_28d,
        engagement.campaigns_84d,
        engagement.campaign_response_share,
        engagement.active_weeks_in_a_row,
        engagement.distinct_categories_84d,
        preferred.favourite_category,
        engagement.favourite_weekday,
        engagement.favourite_daypart

    from engagement
    left join customers using (customer_id)
    left join rfm using (customer_id)
    left join features using (customer_id)
    left join segments using (customer_id)
    left join churn using (customer_id)
    left join preferred using (customer_id)

)

select * from whole

-- Each customer's orders before each snapshot date: everyone's before the run date, and before past
-- dates those of the customers models learn from.

{{ config(materialized='view') }}

with summarised as (

    select
        {{ as_of() }} as snapshot_date,
        customer_id,
        {{ days_between('last_order_date', as_of()) }} as recency_days,
        {{ days_between('first_order_date', as_of()) }} as tenure_days,
        orders_to_date,
        orders_7d,
        orders_30d,
        orders_60d,
        orders_90d,
        orders_180d,
        orders_365d,
        orders_28d_last_year,
        distinct_stores_90d,
        weekend_orders_365d,
        spend_30d_amount,
        spend_60d_amount,
        spend_90d_amount,
        spend_180d_amount,
        spend_365d_amount,
        sold_365d_amount,
        returned_365d_amount,
        retail_discount_365d_amount,
        coupon_discount_365d_amount,
        private_label_365d_amount,
        products_365d

    from {{ ref('int_orders_summarised_to_customer') }}
    union all
    select * from {{ ref('int_orders_summarised_to_learner_snapshot') }}

)

select * from summarised

-- What a model may know of a customer at a snapshot date: training and serving read these rows.
-- A view: the run date's rows are stored once, in mart_customer_features, the past's where models
-- learn from them.

{{ config(materialized='view') }}

with orders as (

    select
        *,
        sold_365d_amount + retail_discount_365d_amount + coupon_discount_365d_amount
            as gross_365d_amount,
        {{ ratio('tenure_days - recency_days', 'orders_to_date - 1') }}
            as average_days_between_orders

    from {{ ref('int_orders_summarised_to_customer_snapshot') }}

),

categories as (

    select * from {{ ref('int_categories_counted_to_customer_snapshot') }}

),

sessions as (

    select * from {{ ref('int_sessions_summarised_to_customer_snapshot') }}

),

campaigns as (

    select * from {{ ref('int_campaigns_summarised_to_customer_snapshot') }}

),

snapshots as (

    select * from {{ ref('int_batches_observed_to_snapshot') }}

),

features as (

    select
        orders.snapshot_date,
        orders.customer_id,
        orders.recency_days,
        orders.tenure_days,
        {%- for column in counted_for_comparison() %}
        orders.{{ column }},
        {%- endfor %}
        orders.orders_30d,
        orders.orders_90d,
        orders.orders_365d,
        orders.spend_30d_amount,
        orders.spend_90d_amount,
        orders.spend_365d_amount,
        (
            orders.sold_365d_amount / nullif(orders.orders_365d, 0)
        )::decimal(18, 2) as average_order_amount,
        orders.average_days_between_orders,
        case
            when orders.average_days_between_orders is not null
                then
                    {{ ratio(
                        'orders.recency_days',
                        'greatest(orders.average_days_between_orders, 1)',
                    ) }}
        end as recency_to_cadence_ratio,
        {{ ratio('orders.products_365d', 'orders.orders_365d') }} as items_per_order,
        coalesce(categories.distinct_categories_90d, 0) as distinct_categories_90d,
        orders.distinct_stores_90d,
        {{ ratio(
            'orders.retail_discount_365d_amount + orders.coupon_discount_365d_amount',
            'orders.gross_365d_amount',
        ) }} as discount_share,
        {{ ratio('orders.coupon_discount_365d_amount', 'orders.gross_365d_amount') }}
            as coupon_share,
        {{ ratio('orders.private_label_365d_amount', 'orders.sold_365d_amount') }}
            as private_label_share,
        {{ ratio('orders.weekend_orders_365d', 'orders.orders_365d') }} as weekend_share,
        {{ ratio('orders.orders_30d * 3', 'orders.orders_90d') }} as order_trend_ratio,
        {%- for feature in [
            'sessions_30d', 'sessions_90d', 'product_views_30d', 'abandoned_carts_30d'
        ] %}
        case when snapshots.has_web_events then coalesce(sessions.{{ feature }}, 0) end
            as {{ feature }},
        {%- endfor %}
        case when snapshots.has_web_events then sessions.days_since_last_session end
            as days_since_last_session,
        case when snapshots.has_campaign_exposures then coalesce(campaigns.campaigns_90d, 0) end
            as campaigns_90d,
        case
            when snapshots.has_coupon_redemptions then coalesce(campaigns.coupons_redeemed_90d, 0)
        end as coupons_redeemed_90d

    from orders
    inner join snapshots using (snapshot_date)
    left join categories using (snapshot_date, customer_id)
    left join sessions using (snapshot_date, customer_id)
    left join campaigns using (snapshot_date, customer_id)

)

select * from features

-- Features that set one number beside another: last month's beside this month's, what was expected
-- beside what came, this season beside the year.

with orders as (

    select * from {{ ref('int_orders_summarised_to_customer_snapshot') }}

),

features as (

    select
        snapshot_date,
        customer_id,
        is_run_date,
        sessions_90d,
        case
            when average_days_between_orders is not null
                then {{ ratio('30', 'greatest(average_days_between_orders, 1)') }}
        end as expected_orders_30d,
        case
            when recency_to_cadence_ratio is not null
                then least(recency_to_cadence_ratio, 3) / 3
        end as lateness_share

    from {{ ref('int_features_joined_to_customer_snapshot') }}

),

compared as (

    select
        orders.snapshot_date,
        features.is_run_date,
        orders.customer_id,
        orders.orders_7d,
        orders.orders_180d,
        orders.spend_180d_amount,
        orders.orders_60d - orders.orders_30d as orders_31_60d,
        orders.orders_90d - orders.orders_60d as orders_61_90d,
        {{ ratio('orders.spend_30d_amount * 3', 'orders.spend_90d_amount') }} as spend_trend_ratio,
        {{ ratio('orders.spend_90d_amount * 4', 'orders.spend_365d_amount') }}
            as spend_season_ratio,
        {{ ratio(
            'least(orders.returned_365d_amount, orders.sold_365d_amount)',
            'orders.sold_365d_amount',
        ) }} as return_share,
        {{ ratio('orders.orders_90d', 'features.sessions_90d') }} as orders_per_session_90d,
        features.expected_orders_30d,
        (features.expected_orders_30d - orders.orders_30d)::decimal(18, 6) as order_shortfall_30d,
        (orders.spend_365d_amount * features.lateness_share)::decimal(18, 2)
            as spend_at_stake_amount,
        orders.orders_28d_last_year,
        extract(month from orders.snapshot_date)::integer as snapshot_month

    from orders
    inner join features using (snapshot_date, customer_id)

)

select * from compared

-- Features that set one number beside another: last month's beside this month's, what was expected
-- beside what came, this season beside the year. After them all the others, as in
-- int_features_joined_to_customer_snapshot: a view, so that whoever wants both reads one row.

{{ config(materialized='view') }}

with features as (

    select
        *,
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
        snapshot_date,
        customer_id,
        orders_7d,
        orders_180d,
        spend_180d_amount,
        orders_60d - orders_30d as orders_31_60d,
        orders_90d - orders_60d as orders_61_90d,
        {{ ratio('spend_30d_amount * 3', 'spend_90d_amount') }} as spend_trend_ratio,
        {{ ratio('spend_90d_amount * 4', 'spend_365d_amount') }} as spend_season_ratio,
        {{ ratio('least(returned_365d_amount, sold_365d_amount)', 'sold_365d_amount') }}
            as return_share,
        {{ ratio('orders_90d', 'sessions_90d') }} as orders_per_session_90d,
        expected_orders_30d,
        (expected_orders_30d - orders_30d)::decimal(18, 6) as order_shortfall_30d,
        (spend_365d_amount * lateness_share)::decimal(18, 2) as spend_at_stake_amount,
        orders_28d_last_year,
        extract(month from snapshot_date)::integer as snapshot_month,
        {{ feature_columns() | join(',\n        ') }}

    from features

)

select * from compared

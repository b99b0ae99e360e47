-- What models of the next purchase learn from: customers as known at the first of a month, by every
-- feature there is, and whether and for how much they then ordered.

with features as (

    select * from {{ ref('int_features_compared_to_customer_snapshot') }}
    where snapshot_date < {{ as_of() }}

),

orders as (

    select
        customer_id,
        order_amount,
        ordered_at::date as ordered_date,
        order_kind = 'sale' as is_sale

    from {{ ref('fct_orders') }}
    where customer_id is not null

),

answers as (

    select
        features.snapshot_date,
        features.customer_id,
        count(*) filter (where orders.is_sale) > 0 as has_ordered_30d,
        sum(orders.order_amount)::decimal(18, 2) as next_spend_30d_amount

    from features
    inner join orders
        on
            features.customer_id = orders.customer_id
            and features.snapshot_date <= orders.ordered_date
            and features.snapshot_date
            > {{ days_before('orders.ordered_date', var('purchase_window_days')) }}
    group by features.snapshot_date, features.customer_id

),

labelled as (

    select
        features.snapshot_date,
        features.customer_id,
        features.{{ feature_columns() | join(',\n        features.') }},
        features.{{ further_feature_columns() | join(',\n        features.') }},
        coalesce(answers.has_ordered_30d, false) as has_ordered_30d,
        coalesce(answers.next_spend_30d_amount, 0)::decimal(18, 2) as next_spend_30d_amount

    from features
    left join answers using (snapshot_date, customer_id)

)

select * from labelled

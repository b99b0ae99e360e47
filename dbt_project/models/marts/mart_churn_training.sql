-- What the churn model learns from: customers as known at the first of a month, and what they
-- then did. Only months whose window of answers has closed by the run date.

with features as (

    select * from {{ ref('int_features_joined_to_customer_snapshot') }}
    where snapshot_date < {{ as_of() }}

),

orders as (

    select * from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and order_kind = 'sale'

),

returned as (

    select distinct
        features.snapshot_date,
        features.customer_id,
        true as has_ordered

    from features
    inner join orders
        on
            features.customer_id = orders.customer_id
            and features.snapshot_date <= orders.ordered_at::date
            and features.snapshot_date
            > {{ days_before('orders.ordered_at::date', var('churn_window_days')) }}

),

labelled as (

    select
        features.snapshot_date,
        features.customer_id,
        features.{{ feature_columns() | join(',\n        features.') }},
        not coalesce(returned.has_ordered, false) as has_churned

    from features
    left join returned using (snapshot_date, customer_id)

)

select * from labelled

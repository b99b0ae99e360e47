-- Orders of the customers models learn from before each past snapshot date, in windows of days that
-- end the day before.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='customer_id',
        meta={
            'feeds': [],
            'told_by': {
                'int_orders_settled_to_order': 'customer_id',
                'int_guests_recognised_to_order': 'customer_id',
                'int_customers_sampled_to_training': 'customer_id',
            },
        },
        pre_hook="{{ note_touched_learners() }}",
        post_hook="{{ note_built() }}",
    )
}}

with learners as (

    select customer_id from {{ ref('int_customers_sampled_to_training') }}
    where {{ if_touched('customer_id', 'customer_id') }}

),

orders_by_customer as (

    {{ orders_by_customer(
        ref('int_orders_settled_to_order'),
        ref('int_guests_recognised_to_order'),
        whose='select learners.customer_id from learners',
    ) }}

),

orders as (

    select
        *,
        case when is_return then 0 else 1 end as sales,
        sold_amount - order_amount as returned_amount

    from orders_by_customer

),

snapshots as (

    select snapshot_date from {{ ref('int_batches_observed_to_snapshot') }}
    where not is_run_date

),

orders_seen as (

    select
        orders.*,
        snapshots.snapshot_date

    from orders
    inner join snapshots
        on
            orders.ordered_date < snapshots.snapshot_date
            and {{ was_known('orders', 'snapshots.snapshot_date') }}

),

orders_aged as (

    select
        *,
        {{ days_between('ordered_date', 'snapshot_date') }} as age_days

    from orders_seen
    where
        cancelled_at is null
        or snapshot_date <= cancelled_at::date

),

summarised as (

    select
        snapshot_date,
        customer_id,
        min(case when sales = 1 then age_days end) as recency_days,
        max(case when sales = 1 then age_days end) as tenure_days,
        {{ orders_in_windows() }}

    from orders_aged
    group by snapshot_date, customer_id
    having sum(sales) > 0

)

select * from summarised

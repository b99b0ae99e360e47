-- Recency, frequency and monetary value as they stood on the first of each past month.

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
            },
            'tells': ['snapshot_date'],
        },
        pre_hook="{{ note_touched_months() }}",
        post_hook="{{ note_built() }}",
    )
}}

-- What is kept, and so the hook, asks how many customers there are:
-- depends_on: {{ ref('int_orders_profiled_to_customer') }}

with orders_by_customer as (

    {{ orders_by_customer(
        ref('int_orders_settled_to_order'), ref('int_guests_recognised_to_order')
    ) }}

),

orders as (

    select
        *,
        cancelled_at::date as cancelled_date,
        case when not is_return then ordered_date end as sold_date

    from orders_by_customer
    where {{ if_touched('customer_id', 'customer_id') }}

),

months_kept as (

    {{ months_kept() }}

),

valued as (

    select
        months_kept.snapshot_date,
        orders.customer_id,
        {{ days_between('max(orders.sold_date)', 'months_kept.snapshot_date') }} as recency_days,
        count(orders.sold_date) as frequency_orders,
        sum(orders.order_amount)::decimal(18, 2) as monetary_amount

    from orders
    inner join months_kept
        on
            orders.ordered_date < months_kept.snapshot_date
            and coalesce(orders.cancelled_date >= months_kept.snapshot_date, true)
            and {{ was_known('orders', 'months_kept.snapshot_date') }}
    group by months_kept.snapshot_date, orders.customer_id
    having count(orders.sold_date) > 0

)

select * from valued

-- Each customer's orders before the run date: since when, how many, for how much, and in windows of
-- days that end the day before.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='customer_id',
        meta={'feeds': [], 'told_by': {'int_orders_settled_to_order': 'customer_id'}},
        pre_hook="{{ note_told_or_aged(
            'customer_id', 'int_orders_settled_to_order', 'ordered_at', window_bounds(order_windows())
        ) }}",
        post_hook="{{ note_built() }}",
    )
}}

with orders as (

    select
        customer_id,
        store_id,
        ordered_at,
        ordered_at::date as ordered_date,
        {{ days_between('ordered_at::date', as_of()) }} as age_days,
        case when is_return then 0 else 1 end as sales,
        product_count,
        order_amount,
        sold_amount,
        sold_amount - order_amount as returned_amount,
        retail_discount_amount,
        coupon_discount_amount,
        private_label_amount

    from {{ ref('int_orders_settled_to_order') }}
    where
        ordered_at < {{ as_of() }}
        and cancelled_at is null
        and customer_id is not null
        and {{ if_touched('customer_id', 'customer_id') }}

),

summarised as (

    select
        customer_id,
        min(case when sales = 1 then ordered_date end) as first_order_date,
        max(case when sales = 1 then ordered_date end) as last_order_date,
        sum(order_amount)::decimal(18, 2) as monetary_amount,
        {{ orders_in_windows() }}

    from orders
    group by customer_id
    having sum(sales) > 0

)

select * from summarised

-- What each customer's orders come to on the run date: since when, how many, for how much.

with orders as (

    select
        customer_id,
        ordered_at::date as ordered_date,
        order_amount,
        not is_return as is_sale

    from {{ ref('int_orders_settled_to_order') }}
    where
        ordered_at < {{ as_of() }}
        and cancelled_at is null
        and customer_id is not null

),

summarised as (

    select
        customer_id,
        min(case when is_sale then ordered_date end) as first_order_date,
        max(case when is_sale then ordered_date end) as last_order_date,
        count(*) filter (where is_sale) as frequency_orders,
        sum(order_amount)::decimal(18, 2) as monetary_amount

    from orders
    group by customer_id
    having count(*) filter (where is_sale) > 0

),

measured as (

    select
        *,
        {{ days_between('last_order_date', as_of()) }} as recency_days,
        {{ days_between('first_order_date', 'last_order_date') }} as clv_recency_days,
        {{ days_between('first_order_date', as_of()) }} as clv_age_days,
        frequency_orders - 1 as clv_repeat_orders

    from summarised

)

select * from measured

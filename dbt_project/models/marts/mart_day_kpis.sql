-- The shop day by day: revenue, orders, customers, visits and how many of them bought.

with orders as (

    select
        *,
        ordered_at::date as ordered_date

    from {{ ref('fct_orders') }}

),

sessions as (

    select * from {{ ref('fct_sessions') }}

),

customers as (

    select * from {{ ref('int_customers_counted_to_day') }}

),

days as (

    select
        {{ days_from('min(ordered_date)', days_before(as_of(), 1)) }} as day_date

    from orders

),

orders_of_day as (

    select
        ordered_date as day_date,
        count(*) filter (where order_kind = 'sale') as orders,
        count(*) filter (where order_kind = 'cancelled') as cancelled_orders,
        count(*) filter (where order_kind = 'sale' and is_guest_checkout) as guest_orders,
        count(*) filter (
            where order_kind = 'sale' and customer_id is null
        ) as unresolved_guest_orders,
        sum(order_amount)::decimal(18, 2) as revenue_amount,
        sum(order_amount + returned_amount)::decimal(18, 2) as sold_amount,
        sum(returned_amount)::decimal(18, 2) as returned_amount,
        sum(discount_amount)::decimal(18, 2) as discount_amount

    from orders
    group by ordered_date

),

sessions_of_day as (

    select
        started_at::date as day_date,
        count(*) as sessions,
        count(*) filter (where has_purchase) as converted_sessions,
        count(*) filter (where is_abandoned_cart) as abandoned_carts

    from sessions
    group by started_at::date

),

customers_of_day as (

    select
        day_date,
        customers,
        new_customers,
        active_customers_28d

    from customers

),

kpis as (

    select
        days.day_date,
        coalesce(orders_of_day.revenue_amount, 0)::decimal(18, 2) as revenue_amount,
        coalesce(orders_of_day.returned_amount, 0)::decimal(18, 2) as returned_amount,
        coalesce(orders_of_day.discount_amount, 0)::decimal(18, 2) as discount_amount,
        coalesce(orders_of_day.orders, 0) as orders,
        coalesce(orders_of_day.guest_orders, 0) as guest_orders,
        coalesce(orders_of_day.unresolved_guest_orders, 0) as unresolved_guest_orders,
        coalesce(orders_of_day.cancelled_orders, 0) as cancelled_orders,
        (orders_of_day.sold_amount / nullif(orders_of_day.orders, 0))::decimal(18, 2)
            as average_order_amount,
        coalesce(customers_of_day.customers, 0) as customers,
        coalesce(customers_of_day.new_customers, 0) as new_customers,
        last_value(customers_of_day.active_customers_28d ignore nulls) over (
            order by days.day_date
            rows between unbounded preceding and current row
        ) as active_customers_28d,
        sessions_of_day.sessions,
        sessions_of_day.converted_sessions,
        sessions_of_day.abandoned_carts,
        {{ ratio('sessions_of_day.converted_sessions', 'sessions_of_day.sessions') }}
            as conversion_share

    from days
    left join orders_of_day using (day_date)
    left join sessions_of_day using (day_date)
    left join customers_of_day using (day_date)

)

select * from kpis

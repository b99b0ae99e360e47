-- Kept or cancelled, every line's money stands in exactly one order.

with orders as (

    select coalesce(sum(order_amount + cancelled_amount), 0) as amount
    from {{ ref('fct_orders') }}

),

order_lines as (

    select coalesce(sum(sales_amount), 0) as amount
    from {{ ref('stg_shop__order_lines') }}

),

compared as (

    select
        orders.amount as orders_amount,
        order_lines.amount as lines_amount

    from orders
    cross join order_lines

)

select * from compared
where orders_amount <> lines_amount

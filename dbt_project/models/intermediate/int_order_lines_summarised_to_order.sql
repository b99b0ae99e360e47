-- Orders, added up from their lines.

with order_lines as (

    select * from {{ ref('stg_shop__order_lines') }}

),

products as (

    select * from {{ ref('stg_shop__products') }}

),

orders as (

    select
        order_lines.order_id,
        min(order_lines.customer_id) as customer_id,
        min(order_lines.store_id) as store_id,
        min(order_lines.ordered_at) as ordered_at,
        count(*) as line_count,
        count(*) filter (where order_lines.quantity > 0) as product_count,
        sum(order_lines.quantity)::bigint as item_quantity,
        sum(order_lines.sales_amount)::decimal(18, 2) as order_amount,
        sum(order_lines.retail_discount_amount)::decimal(18, 2) as retail_discount_amount,
        sum(
            order_lines.coupon_discount_amount + order_lines.coupon_match_discount_amount
        )::decimal(18, 2) as coupon_discount_amount,
        coalesce(
            sum(order_lines.sales_amount) filter (where products.is_private_label), 0
        )::decimal(18, 2) as private_label_amount

    from order_lines
    left join products using (product_id)
    group by order_lines.order_id

)

select * from orders

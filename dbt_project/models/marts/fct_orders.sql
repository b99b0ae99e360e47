-- Orders before the run date.

with orders as (

    select
        order_id,
        customer_id,
        store_id,
        ordered_at,
        line_count,
        product_count,
        item_quantity,
        order_amount,
        retail_discount_amount,
        coupon_discount_amount,
        (retail_discount_amount + coupon_discount_amount)::decimal(18, 2) as discount_amount,
        private_label_amount

    from {{ ref('int_order_lines_summarised_to_order') }}

)

select * from orders

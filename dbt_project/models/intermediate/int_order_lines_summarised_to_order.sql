-- Orders, added up from their lines; what was sold and what was taken back stand apart.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='order_id',
        meta={'feeds': ['shop.order_lines'], 'rebuilt_by': ['shop.products']},
        pre_hook="{{ note_touched_order_lines() }}",
        post_hook="{{ note_built() }}",
    )
}}

with order_lines as (

    select
        *,
        quantity < 0 or sales_amount < 0 as is_taken_back

    from {{ ref('stg_shop__order_lines') }}
    {%- if is_incremental() %}
    where
        order_id in (select touched.order_id from {{ touched() }} as touched)
        and ordered_at >= (select min(touched.ordered_at) from {{ touched() }} as touched)
    {%- endif %}

),

own_products as (

    select
        product_id,
        is_private_label

    from {{ ref('stg_shop__products') }}
    where is_private_label

),

orders as (

    select
        order_lines.order_id,
        min(order_lines.customer_id) as customer_id,
        min(order_lines.store_id) as store_id,
        min(order_lines.ordered_at) as ordered_at,
        bool_and(order_lines.is_taken_back) as is_return,
        count(*) as line_count,
        count(*) filter (where order_lines.quantity > 0) as product_count,
        sum(order_lines.quantity)::bigint as item_quantity,
        sum(order_lines.sales_amount)::decimal(18, 2) as order_amount,
        coalesce(
            sum(order_lines.sales_amount) filter (where not order_lines.is_taken_back), 0
        )::decimal(18, 2) as sold_amount,
        coalesce(
            sum(order_lines.retail_discount_amount) filter (where not order_lines.is_taken_back), 0
        )::decimal(18, 2) as retail_discount_amount,
        coalesce(
            sum(
                order_lines.coupon_discount_amount + order_lines.coupon_match_discount_amount
            ) filter (where not order_lines.is_taken_back), 0
        )::decimal(18, 2) as coupon_discount_amount,
        coalesce(
            sum(order_lines.sales_amount) filter (
                where own_products.is_private_label and not order_lines.is_taken_back
            ), 0
        )::decimal(18, 2) as private_label_amount,
        min(order_lines.delivered_date) as first_delivered_date,
        max(order_lines.delivered_date) as last_delivered_date

    from order_lines
    left join own_products using (product_id)
    group by order_lines.order_id

)

select * from orders

-- Orders with the moment they were called off and, of a guest's, the customer who is known for it:
-- the one place that knows what became of an order.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='order_id',
        meta={
            'feeds': ['shop.order_lines', 'shop.order_cancellations'],
            'rebuilt_by': ['shop.products'],
            'tells': ['order_id', 'customer_id'],
        },
        pre_hook="{{ note_touched_orders() }}",
        post_hook="{{ note_built() }}",
    )
}}

with orders as (

    {{ rows_if_touched(ref('int_order_lines_summarised_to_order'), 'order_id') }}

),

cancellations as (

    select * from {{ ref('stg_shop__order_cancellations') }}

),

recognised as (

    select
        order_id,
        customer_id

    from {{ ref('int_guests_recognised_to_order') }}
    where known_until_at is null

),

settled as (

    select
        orders.order_id,
        coalesce(orders.customer_id, recognised.customer_id) as customer_id,
        orders.customer_id is null as is_guest_checkout,
        orders.store_id,
        orders.ordered_at,
        orders.is_return,
        orders.line_count,
        orders.product_count,
        orders.item_quantity,
        orders.order_amount,
        orders.sold_amount,
        orders.retail_discount_amount,
        orders.coupon_discount_amount,
        orders.private_label_amount,
        orders.first_delivered_date,
        orders.last_delivered_date,
        cancellations.cancelled_at

    from orders
    left join cancellations using (order_id)
    left join recognised using (order_id)

)

select * from settled

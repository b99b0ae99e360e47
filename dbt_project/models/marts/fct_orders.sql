-- Orders before the run date, and what the shop kept of each.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='order_id',
        meta={'feeds': [], 'told_by': {'int_orders_settled_to_order': 'order_id'}},
        pre_hook="{{ note_told('order_id') }}",
        post_hook="{{ note_built() }}",
    )
}}

with orders_settled as (

    {{ rows_if_touched(ref('int_orders_settled_to_order'), 'order_id') }}

),

settled as (

    select
        *,
        cancelled_at is not null as is_cancelled,
        case
            when cancelled_at is not null then 'cancelled'
            when is_return then 'return'
            else 'sale'
        end as order_kind

    from orders_settled

),

orders as (

    select
        order_id,
        customer_id,
        is_guest_checkout,
        store_id,
        order_kind,
        ordered_at,
        cancelled_at,
        line_count,
        product_count,
        item_quantity,
        case when is_cancelled then 0 else order_amount end::decimal(18, 2) as order_amount,
        case
            when is_cancelled then 0 else sold_amount - order_amount
        end::decimal(18, 2) as returned_amount,
        case when is_cancelled then order_amount else 0 end::decimal(18, 2) as cancelled_amount,
        case
            when is_cancelled then 0 else retail_discount_amount
        end::decimal(18, 2) as retail_discount_amount,
        case
            when is_cancelled then 0 else coupon_discount_amount
        end::decimal(18, 2) as coupon_discount_amount,
        case
            when is_cancelled then 0 else retail_discount_amount + coupon_discount_amount
        end::decimal(18, 2) as discount_amount,
        case
            when is_cancelled then 0 else private_label_amount
        end::decimal(18, 2) as private_label_amount,
        first_delivered_date,
        last_delivered_date

    from settled

)

select * from orders

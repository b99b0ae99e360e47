-- Orders before the run date, and what the shop kept of each.

with settled as (

    select
        *,
        cancelled_at is not null as is_cancelled,
        case
            when cancelled_at is not null then 'cancelled'
            when is_return then 'return'
            else 'sale'
        end as order_kind

    from {{ ref('int_orders_settled_to_order') }}

),

orders as (

    select
        order_id,
        customer_id,
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
        end::decimal(18, 2) as private_label_amount

    from settled

)

select * from orders

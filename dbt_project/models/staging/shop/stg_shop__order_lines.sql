-- Order lines known by the run date: one product in one order.

{{ refuse_other_currencies('raw_shop', 'order_lines') }}

with order_lines as (

    select
        order_id,
        product_id,
        customer_id,
        store_id,
        quantity,
        sales_amount,
        retail_discount_amount,
        coupon_discount_amount,
        coupon_match_discount_amount,
        ordered_at,
        _batch_id as batch_id,
        _delivered_on as delivered_date

    from {{ source('raw_shop', 'order_lines') }}
    where
        {{ was_delivered() }}
        and ordered_at < {{ as_of() }}

)

select * from order_lines

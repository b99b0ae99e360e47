-- What one unit of each product has lately been sold for, on average.

with order_lines as (

    select * from {{ ref('stg_shop__order_lines') }}
    where
        ordered_at >= {{ days_before(as_of(), var('cart_price_days')) }}
        and quantity > 0
        and sales_amount > 0

),

prices as (

    select
        product_id,
        (sum(sales_amount) / sum(quantity))::decimal(18, 2) as unit_price_amount

    from order_lines
    group by product_id

)

select * from prices

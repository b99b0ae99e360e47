-- Carts that were filled lately: what was put in, what it is worth, and whether it was left behind.

with cart_adds as (

    select
        visitor_id,
        product_id,
        event_at

    from {{ ref('stg_web__events') }}
    where
        event_type = 'add_to_cart'
        and event_at >= {{ days_before(as_of(), var('cart_days')) }}

),

sessions as (

    select * from {{ ref('fct_sessions') }}
    where
        cart_adds > 0
        and started_at >= {{ days_before(as_of(), var('cart_days')) }}

),

prices as (

    select * from {{ ref('int_order_lines_priced_to_product') }}

),

carts as (

    select
        sessions.session_id,
        sessions.visitor_id,
        sessions.customer_id,
        max(cart_adds.event_at) as filled_at,
        {{ days_between(day_of('max(cart_adds.event_at)'), as_of()) }} as age_days,
        count(*) as item_count,
        count(distinct cart_adds.product_id) as product_count,
        count(*) - count(prices.unit_price_amount) as unpriced_items,
        sum(prices.unit_price_amount)::decimal(18, 2) as cart_amount,
        sessions.is_abandoned_cart as is_abandoned

    from sessions
    inner join cart_adds
        on
            sessions.visitor_id = cart_adds.visitor_id
            and cart_adds.event_at between sessions.started_at and sessions.ended_at
    left join prices on cart_adds.product_id = prices.product_id
    group by
        sessions.session_id,
        sessions.visitor_id,
        sessions.customer_id,
        sessions.is_abandoned_cart

)

select * from carts

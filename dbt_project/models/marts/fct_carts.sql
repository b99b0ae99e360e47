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

-- By product first: to count the different ones among all would group twice as much, twice.
products as (

    select
        sessions.session_id,
        cart_adds.product_id,
        max(cart_adds.event_at) as filled_at,
        count(*) as items

    from sessions
    inner join cart_adds
        on
            sessions.visitor_id = cart_adds.visitor_id
            and cart_adds.event_at between sessions.started_at and sessions.ended_at
    group by sessions.session_id, cart_adds.product_id

),

filled as (

    select
        products.session_id,
        max(products.filled_at) as filled_at,
        sum(products.items)::bigint as item_count,
        count(products.product_id) as product_count,
        coalesce(
            sum(products.items) filter (where prices.unit_price_amount is null), 0
        )::bigint as unpriced_items,
        sum(products.items * prices.unit_price_amount)::decimal(18, 2) as cart_amount

    from products
    left join prices using (product_id)
    group by products.session_id

),

carts as (

    select
        sessions.session_id,
        sessions.visitor_id,
        sessions.customer_id,
        filled.filled_at,
        {{ days_between(day_of('filled.filled_at'), as_of()) }} as age_days,
        filled.item_count,
        filled.product_count,
        filled.unpriced_items,
        filled.cart_amount,
        sessions.is_abandoned_cart as is_abandoned

    from sessions
    inner join filled using (session_id)

)

select * from carts

-- Who a visitor is: the one customer who logged in, and the moments that proved or refuted it.

with logins as (

    select
        visitor_id,
        customer_id,
        min(event_at) as first_login_at

    from {{ ref('stg_web__events') }}
    where customer_id is not null
    group by visitor_id, customer_id

),

logins_in_turn as (

    select
        *,
        row_number() over (
            partition by visitor_id
            order by first_login_at, customer_id
        ) as turn

    from logins

),

visitors as (

    select
        visitor_id,
        max(case when turn = 1 then customer_id end) as customer_id,
        max(case when turn = 1 then first_login_at end) as resolved_at,
        max(case when turn = 2 then first_login_at end) as conflicted_at

    from logins_in_turn
    group by visitor_id

)

select * from visitors

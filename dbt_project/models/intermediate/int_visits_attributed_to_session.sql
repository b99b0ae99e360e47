-- Visits as of the run date, with the customer where the visitor's logins name exactly one.

with session_days as (

    select * from {{ ref('int_events_grouped_to_session_day') }}

),

known_visitors as (

    select
        visitor_id,
        customer_id

    from {{ ref('int_visitors_resolved_to_customer') }}
    where conflicted_at is null

),

visits as (

    select
        session_id,
        visitor_id,
        min(first_event_at) as started_at,
        max(last_event_at) as ended_at,
        sum(page_views)::bigint as page_views,
        sum(product_views)::bigint as product_views,
        sum(cart_adds)::bigint as cart_adds,
        sum(checkouts) > 0 as has_checkout,
        sum(purchases) > 0 as has_purchase,
        sum(cart_adds) > 0 and sum(purchases) = 0 as is_abandoned_cart,
        max(device_type) as device_type,
        max(referrer) as referrer,
        max(utm_source) as utm_source,
        max(utm_medium) as utm_medium,
        max(utm_campaign) as utm_campaign

    from session_days
    group by session_id, visitor_id

),

attributed as (

    select
        visits.*,
        known_visitors.customer_id

    from visits
    left join known_visitors using (visitor_id)

)

select * from attributed

-- Visits to the web site before the run date, and whose they were.

with visits as (

    select * from {{ ref('int_visits_attributed_to_session') }}

),

sessions as (

    select
        session_id,
        visitor_id,
        customer_id,
        started_at,
        ended_at,
        {{ epoch_seconds('ended_at') }} - {{ epoch_seconds('started_at') }} as duration_seconds,
        page_views,
        product_views,
        cart_adds,
        has_checkout,
        has_purchase,
        is_abandoned_cart,
        device_type,
        {{ channel('utm_medium', 'referrer') }} as channel,
        utm_source,
        utm_medium,
        utm_campaign

    from visits

)

select * from sessions

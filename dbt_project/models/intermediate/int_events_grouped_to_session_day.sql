-- Visits: a visitor's events without a longer silence between them, one row a visit and day.
-- The day is part of the grain so that a snapshot at midnight cuts a visit that runs past it.

with events as (

    select
        *,
        {{ epoch_seconds('event_at') }} as event_second

    from {{ ref('stg_web__events') }}

),

session_starts as (

    select
        *,
        coalesce(
            event_second - lag(event_second) over (
                partition by visitor_id
                order by event_second, event_id
            ) > {{ var('session_gap_minutes') }} * 60,
            true
        ) as is_session_start

    from events

),

session_events as (

    select
        *,
        max(case when is_session_start then event_second end) over (
            partition by visitor_id
            order by event_second, event_id
            rows between unbounded preceding and current row
        ) as session_second

    from session_starts

),

session_days as (

    select
        visitor_id || '-' || session_second as session_id,
        visitor_id,
        event_at::date as event_date,
        min(event_at) as first_event_at,
        max(event_at) as last_event_at,
        count(*) filter (where event_type = 'page_view') as page_views,
        count(*) filter (where event_type = 'product_view') as product_views,
        count(*) filter (where event_type = 'add_to_cart') as cart_adds,
        count(*) filter (where event_type = 'checkout') as checkouts,
        count(*) filter (where event_type = 'purchase') as purchases,
        max(case when is_session_start then device_type end) as device_type,
        max(case when is_session_start then referrer end) as referrer,
        max(case when is_session_start then utm_source end) as utm_source,
        max(case when is_session_start then utm_medium end) as utm_medium,
        max(case when is_session_start then utm_campaign end) as utm_campaign

    from session_events
    group by visitor_id, session_second, event_at::date

)

select * from session_days

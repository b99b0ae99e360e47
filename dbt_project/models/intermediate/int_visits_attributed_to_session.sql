-- Visits as of the run date, with the customer where the visitor is known to be exactly one.
-- A view: nearly every visit is one row of its days already, and what reads it wants some of them.

{{ config(materialized='view') }}

{%- set ends_late = epoch_seconds('last_event_at') ~ ' % 86400 >= 86400 - ' ~ gap_seconds() %}

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
        first_event_at as started_at,
        last_event_at as ended_at,
        events,
        {{ event_counts() }},
        {{ origin_columns() }},
        exit_page,
        is_bot,
        first_delivered_date,
        last_delivered_date

    from session_days
    where not is_resumed and not {{ ends_late }}
    union all
    select
        session_id,
        visitor_id,
        min(first_event_at) as started_at,
        max(last_event_at) as ended_at,
        sum(events)::bigint as events,
        {{ added_events() }},
        {{ first_origin('first_event_at', 'event_date') }},
        {{ last_by('exit_page', 'last_event_at', 'event_date') }} as exit_page,
        max(is_bot) as is_bot,
        min(first_delivered_date) as first_delivered_date,
        max(last_delivered_date) as last_delivered_date

    from session_days
    where is_resumed or {{ ends_late }}
    group by session_id, visitor_id

),

attributed as (

    select
        visits.*,
        known_visitors.customer_id,
        visits.checkouts > 0 as has_checkout,
        visits.purchases > 0 as has_purchase,
        visits.cart_adds > 0 and visits.purchases = 0 as is_abandoned_cart

    from visits
    left join known_visitors using (visitor_id)
    where not visits.is_bot

)

select * from attributed

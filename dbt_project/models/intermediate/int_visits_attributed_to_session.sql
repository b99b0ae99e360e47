-- Visits as of the run date, with the customer where the visitor is known to be exactly one.
-- A view: nearly every visit is one row of its days already, and what reads it wants some of them.

{{ config(materialized='view') }}

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

    {{ visits_of_days('session_days') }}

),

attributed as (

    select
        visits.*,
        known_visitors.customer_id,
        {{ what_came_of('visits') }}

    from visits
    left join known_visitors using (visitor_id)
    where not visits.is_bot

)

select * from attributed

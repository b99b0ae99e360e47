-- Visits: a visitor's events without a longer silence between them, one row a visit and day.
-- The day is part of the grain so that a snapshot at midnight cuts a visit that runs past it.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='session_id',
        meta={'feeds': ['web.events']},
        pre_hook="{{ note_touched_sessions() }}",
        post_hook="{{ note_built() }}",
    )
}}

with events as (

    select * from {{ ref('stg_web__events') }}
    {%- if is_incremental() %}
    where {{ has_come_since_last_build('event_at') }}
    union all
    select events.* from {{ ref('stg_web__events') }} as events
    inner join {{ touched() }} as reopened
        on
            events.visitor_id = reopened.visitor_id
            and events.event_at between reopened.first_event_at and reopened.last_event_at
    where not {{ has_come_since_last_build('event_at') }}
    {%- endif %}

),

-- Events in one stretch of the clock, as long as the gap, are of one visit whatever else happens:
-- grouped by hash first, a fifth of the rows is left to be sorted.
stretches as (

    select
        visitor_id,
        {{ day_of('event_at') }} as event_date,
        {{ times_in(epoch_seconds('event_at') ~ ' % 86400', gap_seconds()) }} as stretch,
        min(event_at) as first_event_at,
        max(event_at) as last_event_at,
        count(*) as events,
        {{ counted_events() }},
        {{ first_by(packed(origin_of_event()), 'event_at', 'event_id') }} as origin,
        {{ last_by('page_path', 'event_at', 'event_id') }} as exit_page,
        min(delivered_date) as first_delivered_date,
        max(delivered_date) as last_delivered_date

    from events
    group by visitor_id, event_date, stretch

),

starts as (

    select
        *,
        coalesce(
            {{ epoch_seconds('first_event_at') }} - lag({{ epoch_seconds('last_event_at') }}) over (
                partition by visitor_id
                order by first_event_at
            ) > {{ gap_seconds() }},
            true
        ) as is_start

    from stretches

),

numbered as (

    select
        *,
        max(case when is_start then {{ epoch_seconds('first_event_at') }} end) over (
            partition by visitor_id order by first_event_at
            rows between unbounded preceding and current row
        ) as session_second

    from starts

),

session_days as (

    select
        visitor_id || '-' || session_second as session_id,
        visitor_id,
        event_date,
        min(first_event_at) as first_event_at,
        max(last_event_at) as last_event_at,
        sum(events)::bigint as events,
        {{ added_events() }},
        {{ origin_unpacked('first_event_at', 'stretch') }},
        {{ last_by('exit_page', 'last_event_at', 'stretch') }} as exit_page,
        session_second < {{ epoch_seconds('min(first_event_at)') }} as is_resumed,
        {{ is_bot('sum(events)', seconds_from('min(first_event_at)', 'max(last_event_at)')) }}
            as is_bot,
        min(first_delivered_date) as first_delivered_date,
        max(last_delivered_date) as last_delivered_date

    from numbered
    group by visitor_id, session_second, event_date

)

select * from session_days

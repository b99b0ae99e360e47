-- Visits: a visitor's events without a longer silence between them, one row a visit and day.
-- The day is part of the grain so that a snapshot at midnight cuts a visit that runs past it.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='session_id',
        meta={'feeds': ['web.events']},
        pre_hook="{{ note_touched_sessions() }}{{ begin_periods('stg_web__events', 'event_at') }}",
        post_hook="{{ make_later_periods(visits_left_open()) }}{{ note_built() }}",
    )
}}

with events as (

    {% if is_incremental() %}
    {{ come_since_last_build('stg_web__events', 'event_at') }}
    union all
    select events.* from {{ ref('stg_web__events') }} as events
    inner join {{ touched() }} as reopened
        on
            events.visitor_id = reopened.visitor_id
            and events.event_at between reopened.first_event_at and reopened.last_event_at
    where not {{ has_come_since_last_build('event_at') }}
    {%- else %}
    select * from {{ ref('stg_web__events') }}
    where {{ in_period('event_at') }}
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

-- Only what the windows need is sorted; the rest is joined to it again.
visits as (

    {{ visits_of_stretches('stretches') }}

),

placed as (

    select
        stretches.*,
        visits.session_second,
        visits.is_alone

    from stretches
    inner join visits using (visitor_id, event_date, stretch)

),

merged as (

    select
        visitor_id,
        session_second,
        {{ visit_columns() }}

    from placed
    where is_alone
    union all
    select
        visitor_id,
        session_second,
        {{ merged_stretches() }}

    from placed
    where not is_alone
    group by visitor_id, session_second, event_date

),

session_days as (

    select
        visitor_id || '-' || session_second as session_id,
        visitor_id,
        event_date,
        first_event_at,
        last_event_at,
        events,
        {{ event_counts() }},
        {{ origin_unpacked() }},
        exit_page,
        session_second < {{ epoch_seconds('first_event_at') }} as is_resumed,
        {{ is_bot('events', seconds_from('first_event_at', 'last_event_at')) }} as is_bot,
        first_delivered_date,
        last_delivered_date

    from merged

)

select * from session_days

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

-- Grouped by hash first: a fourth of the rows is left to be joined, and few of them to be sorted.
stretches as (

    select
        visitor_id,
        {{ stretch_of(epoch_seconds('event_at')) }} as stretch,
        {{ day_of('min(event_at)') }} as event_date,
        min(event_at) as first_event_at,
        max(event_at) as last_event_at,
        count(*) as events,
        {{ counted_events() }},
        {{ first_by(packed(origin_of_event()), 'event_at', 'event_id') }} as origin,
        {{ last_by('page_path', 'event_at', 'event_id') }} as exit_page,
        min(delivered_date) as first_delivered_date,
        max(delivered_date) as last_delivered_date

    from events
    group by visitor_id, stretch

),

visits as (

    {{ visits_of_stretches('stretches') }}

),

merged as (

    select
        visitor_id,
        {{ epoch_seconds('first_event_at') }} as session_second,
        {{ visit_columns() }}

    from stretches
    where
        not exists (
            select 1 from visits
            where
                visits.visitor_id = stretches.visitor_id
                and visits.stretch = stretches.stretch
        )
    union all
    select
        stretches.visitor_id,
        visits.session_second,
        {{ merged_stretches() }}

    from stretches
    inner join visits using (visitor_id, stretch)
    group by stretches.visitor_id, visits.session_second, stretches.event_date

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

{# How a visitor's events are cut into visits: stretches of the clock first, then what goes on. #}

{# A day is cut into stretches of the clock that are all as long, and none longer than the gap: events
   in one of them are of one visit whatever else happens. How many a day has, the number of a second's
   since 1970, and how many further on the next event of a visit can lie (1 where the gap goes evenly
   into a day). #}
{%- macro stretches_a_day() -%}
    {%- do return((86400 / (gap_seconds() | int)) | round(method='ceil') | int) -%}
{%- endmacro -%}
{%- macro stretch_of(second) -%}
    {{ times_in(second ~ ' * ' ~ stretches_a_day(), 86400) }}
{%- endmacro -%}
{%- macro stretches_in_a_gap() -%}
    {%- do return((stretches_a_day() * (gap_seconds() | int) / 86400) | round(method='ceil') | int) -%}
{%- endmacro -%}

{# The stretches that are only part of a visit, and the second in which it began: a visit goes on where
   a visitor was silent for no longer than the gap. Few do, so those are found by a join first, and no
   others are sorted. A visit that the period before has left open stands as one stretch. #}
{%- macro visits_of_stretches(stretches) -%}
    with timed as (
        select
            visitor_id,
            stretch,
            {{ epoch_seconds('first_event_at') }} as first_second,
            {{ epoch_seconds('last_event_at') }} as last_second
        from {{ stretches }}
        union all
        select
            visitor_id,
            {{ stretch_of('last_second') }} as stretch,
            first_second,
            last_second
        from ({{ left_open_before(open_visit()) }}) as open_visits
    ),
    pairs as (
        {%- for further_on in range(1, stretches_in_a_gap() + 1) %}
        select
            timed.visitor_id,
            timed.stretch,
            timed.first_second,
            later.stretch as later_stretch,
            later.first_second as later_second
        from timed
        inner join timed as later
            on timed.visitor_id = later.visitor_id and timed.stretch + {{ further_on }} = later.stretch
        where later.first_second - timed.last_second <= {{ gap_seconds() }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),
    parts as (
        select
            visitor_id,
            stretch,
            first_second,
            max(goes_on) as goes_on
        from (
            select visitor_id, stretch, first_second, false as goes_on from pairs
            union all
            select visitor_id, later_stretch, later_second, true as goes_on from pairs
        ) as sides
        group by visitor_id, stretch, first_second
    )
    select
        visitor_id,
        stretch,
        max(case when not goes_on then first_second end) over (
            partition by visitor_id
            order by first_second
            rows between unbounded preceding and current row
        ) as session_second
    from parts
{%- endmacro -%}

{# Visits that an event in the period to come may go on: those of the day before it that end within
   the gap of it. #}
{%- macro open_visit() -%}
    {%- do return({'visitor_id': 'varchar', 'first_second': 'bigint', 'last_second': 'bigint'}) -%}
{%- endmacro -%}
{%- macro visits_left_open() -%}
    select
        visitor_id,
        {{ session_second() }} as first_second,
        {{ epoch_seconds('last_event_at') }} as last_second
    from {{ this }}
    where {{ seconds_from('last_event_at', period_start()) }} <= {{ gap_seconds() }}
{%- endmacro -%}

{# What a stretch tells of its visit; and stretches of one visit and day as one. #}
{%- macro visit_columns() -%}
    event_date, first_event_at, last_event_at, events, {{ event_counts() }}, origin, exit_page,
    first_delivered_date, last_delivered_date
{%- endmacro -%}
{%- macro merged_stretches() -%}
    event_date, min(first_event_at) as first_event_at, max(last_event_at) as last_event_at,
    sum(events)::bigint as events, {{ added_events() }},
    {{ first_by('origin', 'first_event_at', 'stretch') }} as origin,
    {{ last_by('exit_page', 'last_event_at', 'stretch') }} as exit_page,
    min(first_delivered_date) as first_delivered_date,
    max(last_delivered_date) as last_delivered_date
{%- endmacro -%}

{# Which visits a build makes anew where it goes on from the last one. #}

{# The temporary table of visits that events which came, or went, open again: an event within the
   gap of a visit belongs to it, and may join it to the next; one that went may split it. #}
{%- macro note_touched_sessions() -%}
    {%- if is_incremental() -%}
        {#- tables of their own: joined in one query with the visits, all visits would come first -#}
        create or replace temporary table {{ touched() }}_events as
        {#- on the days that a visit within the gap of an event can have touched -#}
        {%- for turn in ('-', '+') %}
        select
            visitor_id,
            {{ epoch_seconds('event_at') }} as event_second,
            {{ day_of_second(epoch_seconds('event_at') ~ turn ~ gap_seconds()) }} as event_date
        from ({{ come_since_last_build('stg_web__events', 'event_at') }}) as come
        {{ 'union' if not loop.last }}
        {%- endfor -%}
        ;
        create or replace temporary table {{ touched() }}_visits as
        select
            made.session_id,
            {{ session_second('made') }} as session_second
        from {{ this }} as made
        inner join {{ touched() }}_events as came
            on
                made.visitor_id = came.visitor_id
                and made.event_date = came.event_date
                and came.event_second
                between {{ epoch_seconds('made.first_event_at') }} - {{ gap_seconds() }}
                and {{ epoch_seconds('made.last_event_at') }} + {{ gap_seconds() }}
        union
        select
            made.session_id,
            {{ session_second('made') }} as session_second
        from {{ this }} as made
        where {{ may_hold_what_is_gone() }};
        create or replace temporary table {{ touched() }} as
        select
            made.visitor_id,
            made.session_id,
            min(made.first_event_at) as first_event_at,
            max(made.last_event_at) as last_event_at
        from {{ this }} as made
        inner join {{ touched() }}_visits as reopened using (session_id)
        where made.event_date >= (
            select {{ day_of_second('min(visits.session_second)') }} from {{ touched() }}_visits as visits
        )
        group by made.visitor_id, made.session_id
    {%- endif -%}
{%- endmacro -%}

{# The temporary tables of visits that are not what they were: of other events, gone or new because
   events joined or split them; and, as rows, those that are but for their customer. #}
{%- macro note_touched_visits() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }}_moved as
        {{ holding_what_came(
            'int_events_grouped_to_session_day', 'last_event_at',
            'session_id, visitor_id, first_event_at as from_at',
        ) }}
        union
        select session_id, visitor_id, started_at as from_at from {{ this }}
        where {{ may_hold_what_is_gone() }};
        create or replace temporary table {{ touched() }}_reopened as
        {# what was joined or split lies after the first event that did so #}
        with were as (
            select session_id, visitor_id from {{ this }}
            where
                ended_at >= (select min(moved.from_at) from {{ touched() }}_moved as moved)
                and visitor_id in (select moved.visitor_id from {{ touched() }}_moved as moved)
        ),
        are as (
            select session_id, visitor_id from {{ ref('int_events_grouped_to_session_day') }}
            where
                last_event_at >= (select min(moved.from_at) from {{ touched() }}_moved as moved)
                and visitor_id in (select moved.visitor_id from {{ touched() }}_moved as moved)
        )
        select session_id, visitor_id from {{ touched() }}_moved
        union
        select session_id, visitor_id from were
        where session_id not in (select are.session_id from are)
        union
        select session_id, visitor_id from are
        where session_id not in (select were.session_id from were);
        create or replace temporary table {{ touched() }}_visitors as
        {{ visitors_of_another() }};
        create or replace temporary table {{ touched() }}_owned as
        select
            {%- for column in model.columns %}
            {{ 'known' if column == 'customer_id' else 'made' }}.{{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ this }} as made
        inner join {{ touched() }}_visitors as known using (visitor_id)
        where
            made.customer_id is distinct from known.customer_id
            and made.session_id not in (
                select reopened.session_id from {{ touched() }}_reopened as reopened
            );
        create or replace temporary table {{ touched() }} as
        select session_id from {{ touched() }}_reopened
        union all
        select session_id from {{ touched() }}_owned
    {%- endif -%}
{%- endmacro -%}

{# Whose visitors are now, of whom it may be another than it was. #}
{%- macro visitors_of_another() -%}
    select changed.visitor_id, known.customer_id
    from (
        select {{ identifier_of('told.key_value') }} as visitor_id
        from ({{ told_keys('int_identity__owners') }}) as told
        where {{ is_of_type('told.key_value', 'visitor') }}
    ) as changed
    left join (
        select visitor_id, customer_id from {{ ref('int_visitors_resolved_to_customer') }}
        where conflicted_at is null
    ) as known using (visitor_id)
{%- endmacro -%}

{# A condition on a day of a visit: of one to make anew, none of whose days lies before they begin. #}
{%- macro if_reopened() -%}
    event_date >= (
        select {{ day_of_second('min(' ~ session_second('reopened') ~ ')') }}
        from {{ touched() }}_reopened as reopened
    )
    and session_id in (select reopened.session_id from {{ touched() }}_reopened as reopened)
{%- endmacro -%}

{# The temporary table of customers whose past visits may be others: their browsers were told, the days
   the past is described at are not those of the last build, or events of before them came late. #}
{%- macro note_touched_past_visits() -%}
    {%- if is_incremental() -%}
        {%- set visitors = 'int_visitors_sampled_to_training' -%}
        {{ note_touched_learners(visitors) }};
        insert into {{ touched() }}
        select customer_id from {{ ref(visitors) }}
        where visitor_id in (
            select visits.visitor_id
            from (
                {{ holding_what_came('int_events_grouped_to_session_day', 'last_event_at') }}
            ) as visits
            where visits.event_date < (
                select max(days.snapshot_date) from {{ ref('int_batches_observed_to_snapshot') }} as days
                where not days.is_run_date
            )
        )
    {%- endif -%}
{%- endmacro -%}

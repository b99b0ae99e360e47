{# How a first build of a long table keeps within its memory: it reads its rows some days at a time,
   each period on from where the one before ended. A model that does so says in its config

     pre_hook="{{ begin_periods('stg_web__events', 'event_at') }}"
     post_hook="{{ make_later_periods() }}"

   and reads only rows that are `in_period(...)`. What an engine groups in memory then stays as small
   as one period, however long the history; a build that goes on from the last has but one. An
   engine that always spreads its work over many small tasks needs none of this, and gets none. #}

{# Cut the days of a staging model into periods of about var('rows_at_a_time') rows, and begin. #}
{%- macro begin_periods(staged, moment) -%}
    {{- return(adapter.dispatch('begin_periods')(staged, moment)) -}}
{%- endmacro -%}
{%- macro default__begin_periods(staged, moment) -%}{%- endmacro -%}
{%- macro duckdb__begin_periods(staged, moment) -%}
    {%- if execute and not is_incremental() -%}
        set variable {{ period('starts') }} = (
            select list(first_day order by first_day)
            from (
                select min(day)::timestamp as first_day
                from (
                    select day, sum(count(*)) over (order by day) as rows_so_far
                    from (select {{ day_of(moment) }} as day from {{ ref(staged) }}) as days
                    group by day
                ) as counted
                group by rows_so_far // {{ var('rows_at_a_time') }}
            ) as cut
        );
        set variable {{ period('until') }} = getvariable('{{ period('starts') }}')[2]
    {%- endif -%}
{%- endmacro -%}

{# Whether a moment lies in the period that is being made; without periods, every moment does. #}
{%- macro in_period(moment) -%} {{- return(adapter.dispatch('in_period')(moment)) -}} {%- endmacro -%}
{%- macro default__in_period(moment) -%} true {%- endmacro -%}
{%- macro duckdb__in_period(moment) -%}
    {{ moment }} >= coalesce(getvariable('{{ period('since') }}')::timestamp, '-infinity')
    and {{ moment }} < coalesce(getvariable('{{ period('until') }}')::timestamp, 'infinity')
{%- endmacro -%}

{# Make the periods after the first: the model's own query again, for one after the other. What runs
   on from one into the next, as the rows `left_open` of what is made, is given to it: see below. #}
{%- macro make_later_periods(left_open=none) -%}
    {{- return(adapter.dispatch('make_later_periods')(left_open)) -}}
{%- endmacro -%}
{%- macro default__make_later_periods(left_open) -%}{%- endmacro -%}
{%- macro duckdb__make_later_periods(left_open) -%}
    {%- if execute -%}
        {%- set found = run_query("select unnest(getvariable('" ~ period('starts') ~ "'))::varchar") -%}
        {%- set starts = found.rows | map('first') | list -%}
        {%- for start in starts[1:] %}
        set variable {{ period('since') }} = timestamp '{{ start }}';
        set variable {{ period('until') }} = getvariable('{{ period('starts') }}')[{{ loop.index + 2 }}];
        {%- if left_open %}
        set variable {{ period('left_open') }} = (
            select list(open_rows) from ({{ left_open }}) as open_rows
        );
        {%- endif %}
        insert into {{ this }} by name {{ sql }};
        {%- endfor %}
        {%- for part in ['starts', 'since', 'until', 'left_open'] %}
        reset variable {{ period(part) }};
        {%- endfor %}
    {%- endif -%}
{%- endmacro -%}

{# The rows that the period before has left open, as a relation; none in the first. #}
{%- macro left_open_before(columns) -%}
    {{- return(adapter.dispatch('left_open_before')(columns)) -}}
{%- endmacro -%}
{%- macro default__left_open_before(columns) -%}
    select {% for name in columns %}null as {{ name }}{{ ', ' if not loop.last }}{% endfor %} where false
{%- endmacro -%}
{%- macro duckdb__left_open_before(columns) -%}
    select unnest(row_left_open)
    from (
        select unnest(
            getvariable('{{ period('left_open') }}')
            ::struct({% for name, type in columns.items() %}{{ name }} {{ type }}{{ ', ' if not loop.last }}{% endfor %})[]
        ) as row_left_open
    ) as rows_left_open
{%- endmacro -%}

{# When the period that is being made begins. #}
{%- macro period_start() -%} {{- return(adapter.dispatch('period_start')()) -}} {%- endmacro -%}
{%- macro default__period_start() -%} null {%- endmacro -%}
{%- macro duckdb__period_start() -%} getvariable('{{ period('since') }}')::timestamp {%- endmacro -%}

{# A variable of the session, the model's own. #}
{%- macro period(part) -%}period_{{ part }}_of_{{ model.name }}{%- endmacro -%}

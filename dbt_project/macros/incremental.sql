{# How a table follows its deliveries: what the last build saw, what came or went since, and which
   keys that touches. A model that uses it says so in its config:

     materialized='incremental', incremental_strategy='replace_touched', unique_key='visitor_id',
     meta={'feeds': ['web.events']},
     pre_hook="{{ note_touched('visitor_id', 'stg_web__events', 'event_at') }}",
     post_hook="{{ note_built() }}"

   and keeps per row the first and last day of the deliveries it was made from. Touched keys are
   made anew from all their rows, so a table that was followed equals one that was built whole.
   A model that cannot tell which of its rows a batch that is gone had a part in says so by
   meta.rebuilt_when_gone, and is then built whole. #}

{# A build goes on from the last one only where nothing but deliveries can have changed since:
   the same project, a run date that is not earlier, and none of the feeds in meta.rebuilt_by. #}
{%- macro should_full_refresh() -%}
    {%- set asked = config.get('full_refresh') -%}
    {%- if asked is none -%}{%- set asked = flags.FULL_REFRESH -%}{%- endif -%}
    {%- if not asked and execute and model.config.materialized == 'incremental' -%}
        {%- set asked = not continues_the_last_build() -%}
    {%- endif -%}
    {%- do return(asked) -%}
{%- endmacro -%}

{# Decided once a node, before anything of it is written: its hooks ask again when it is. #}
{%- macro continues_the_last_build() -%}
    {%- set answers = asked_before() -%}
    {%- if 'continues' not in answers -%}
        {%- do answers.update({'continues': may_continue_the_last_build()}) -%}
    {%- endif -%}
    {%- do return(answers.continues) -%}
{%- endmacro -%}

{%- macro may_continue_the_last_build() -%}
    {%- if adapter.get_relation(this.database, this.schema, this.identifier) is none -%}
        {%- do return(false) -%}
    {%- endif -%}
    {%- set last = last_build() -%}
    {%- if last is none or last.as_of > as_of_day() or last.project_version != project_version() -%}
        {%- do return(false) -%}
    {%- endif -%}
    {%- set changed = changed_batches(model.config.meta.get('rebuilt_by', [])) -%}
    {%- set many = changed_batches(model.config.meta.feeds) -%}
    {%- if many.gone_days and model.config.meta.get('rebuilt_when_gone', false) -%}
        {%- do return(false) -%}
    {%- endif -%}
    {%- if not all_was_told() -%}{%- do return(false) -%}{%- endif -%}
    {%- do return(
        not changed.came and not changed.gone_days
        and many.came | length <= var('most_batches_to_follow')
    ) -%}
{%- endmacro -%}

{# Whether a build goes on from one that saw a batch which is gone, or is not what it was. #}
{%- macro something_is_gone() -%}
    {%- do return(changed_batches(model.config.meta.feeds).gone_days | length > 0) -%}
{%- endmacro -%}

{# Whether a staged row is new to this model: of a batch it has not seen, or of a moment that lay
   beyond the last run date. Staging gives batch_id and delivered_date for it. #}
{%- macro has_come_since_last_build(moment) -%}
    ({{ lay_beyond_last_build(moment) }}{% if came_batches() %} or {{ came_batches() }}{% endif %})
{%- endmacro -%}
{%- macro lay_beyond_last_build(moment) -%}
    {{ moment }} >= date '{{ last_build().as_of }}'
{%- endmacro -%}
{%- macro came_batches() -%}
    {%- set changed = changed_batches(model.config.meta.feeds) -%}
    {%- if changed.came -%}
        (
            delivered_date >= date '{{ changed.came_days | first }}'
            and batch_id in {{ text_list(changed.came) }}
        )
    {%- endif -%}
{%- endmacro -%}

{# Those rows, read twice: each read is narrowed to the stretch of the table that can hold them,
   which an `or` of the two conditions is not. #}
{%- macro come_since_last_build(staged, moment, columns='*') -%}
    select {{ columns }} from {{ ref(staged) }}
    where {{ lay_beyond_last_build(moment) }}
    {%- if came_batches() %}
    union all
    select {{ columns }} from {{ ref(staged) }}
    where {{ came_batches() }} and not {{ lay_beyond_last_build(moment) }}
    {%- endif %}
{%- endmacro -%}

{# Whether a row may hold something of a batch that is gone: the days it was made from surround that
   batch's. It may be made anew for nothing, but is never kept wrongly. #}
{%- macro may_hold_what_is_gone() -%}
    {{ is_made_from_any_of(changed_batches(model.config.meta.feeds).gone_days) }}
{%- endmacro -%}

{# The rows of a table that may hold something of a batch that came, or of a moment that lay beyond the
   last run date: read twice as come_since_last_build does, and for its reason. #}
{%- macro holding_what_came(relation, moment, columns='*') -%}
    {%- set days = changed_batches(model.config.meta.feeds).came_days -%}
    select {{ columns }} from {{ ref(relation) }}
    where {{ lay_beyond_last_build(moment) }}
    {%- if days %}
    union all
    select {{ columns }} from {{ ref(relation) }}
    where
        last_delivered_date >= date '{{ days | first }}'
        and {{ is_made_from_any_of(days) }}
        and not {{ lay_beyond_last_build(moment) }}
    {%- endif %}
{%- endmacro -%}
{%- macro is_made_from_any_of(days) -%}
    (
        {%- for day in days %}
        date '{{ day }}' between first_delivered_date and last_delivered_date or
        {%- endfor %}
        false
    )
{%- endmacro -%}

{# The temporary table of the keys to make anew; only for a build that goes on from the last. #}
{%- macro touched() -%}
    touched_{{ model.name }}
{%- endmacro -%}

{# The rows of a table with a touched key, or all where it is made whole. #}
{%- macro rows_if_touched(relation, key) -%}
    {%- if is_incremental() -%}{{ touched_rows(relation, key) }}
    {%- else -%}select * from {{ relation }}{%- endif -%}
{%- endmacro -%}

{# Remember which keys a batch that came or went touches: those of its rows in the staging model that
   meet a condition, and those of rows that may hold what is gone. #}
{%- macro note_touched(key, staged, moment, only='true') -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        select {{ key }} from ({{ come_since_last_build(staged, moment) }}) as come
        where {{ only }}
        union
        select {{ key }} from {{ this }}
        where {{ may_hold_what_is_gone() }}
    {%- endif -%}
{%- endmacro -%}

{# What is touched goes, and what was made of it anew comes. Of a table that is small, or cheap to
   make, all goes and comes (replace_differing), and yet no more is told than what differs. What is
   compared, or made of the table itself, is made beside it first; anything else is written once. #}
{%- macro replace_rows(table, sql) -%}
    {%- set anew = '(\n' ~ sql ~ '\n) as anew' -%}
    {%- set columns = model.columns.values() | map(attribute='name') | join(', ') -%}
    {%- set these = '' -%}
    {%- if model.config.meta.get('tells') or table | string in sql -%}
        {%- set anew = model.name ~ '__anew' -%}
        {{ create_table_as(true, api.Relation.create(identifier=anew), sql) }}
    {%- else -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    {%- if config.get('incremental_strategy') == 'replace_touched' -%}
        {%- set given = config.get('unique_key') -%}
        {%- set key = given if given is string else given | join(', ') -%}
        {%- set going = model.name ~ '__going' -%}
        {%- set these = 'where rowid in (select going.place from ' ~ going ~ ' as going)' %}
    create or replace temporary table {{ going }} as
    select rowid as place from {{ table }}
    where ({{ key }}) in (select {{ key }} from {{ touched() }});
    {%- endif -%}
    {{ tell_differing(table ~ ' ' ~ these, anew) }}
    delete from {{ table }} {{ these }};
    insert into {{ table }} ({{ columns }})
    select {{ columns }} from {{ anew }}
    {%- if anew == model.name ~ '__anew' -%}; drop table {{ anew }}{%- endif -%}
{%- endmacro -%}

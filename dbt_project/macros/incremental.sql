{# How a table follows its deliveries: what the last build saw, what came or went since, and which
   keys that touches. A model that uses it says so in its config:

     materialized='incremental', incremental_strategy='replace_touched', unique_key='order_id',
     meta={'feeds': ['shop.order_lines']},
     pre_hook="{{ note_touched('order_id', 'stg_shop__order_lines', 'ordered_at') }}",
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

{#- A digest of the project's files, given by include/transform.py: other rules, other rows. -#}
{%- macro project_version() -%}
    {%- do return(env_var('TESSERA_DBT_PROJECT_VERSION', 'unknown')) -%}
{%- endmacro -%}

{%- macro built_batches() -%}
    {%- do return(
        this.database ~ '.' ~ generate_schema_name('intermediate', none) ~ '.built_batches'
    ) -%}
{%- endmacro -%}

{# Made before every run; one row a model (feed null), and one a model and batch it was made from. #}
{%- macro create_built_batches() -%}
    {%- set schema = target.database ~ '.' ~ generate_schema_name('intermediate', none) -%}
    create schema if not exists {{ schema }};
    create table if not exists {{ schema }}.built_batches (
        model_name varchar,
        as_of date,
        project_version varchar,
        feed varchar,
        batch_id varchar,
        delivered_date date,
        content varchar
    )
{%- endmacro -%}

{# The landed batches of some feeds that the run date sees, as SQL. What is set aside of a batch is
   part of its content: a row may come back from there, or go there, while its file stays. #}
{%- macro visible_batches(feeds) -%}
    select
        batches.source || '.' || batches.entity as feed,
        batches.batch_id,
        batches.delivered_on as delivered_date,
        batches.rows_landed || '/' || count(set_aside.row_number) || '/'
        || coalesce(sum(set_aside.row_number), 0) || '/'
        || coalesce(sum(set_aside.row_number::decimal(18, 0) * set_aside.row_number), 0) as content
    from {{ source('ops', 'batches') }} as batches
    left join {{ optional_source('ops', 'quarantined_rows') }} as set_aside
        on
            batches.source = set_aside.source
            and batches.entity = set_aside.entity
            and batches.batch_id = set_aside.batch_id
    where
        batches.status = 'landed'
        and batches.delivered_on <= {{ as_of() }}
        and batches.source || '.' || batches.entity in {{ text_list(feeds) }}
    group by
        batches.source, batches.entity, batches.batch_id, batches.delivered_on, batches.rows_landed
{%- endmacro -%}

{# What is asked of the ledger once while a node is built: its macros ask for it at every turn. #}
{%- macro asked_before() -%}
    {%- do return(model.setdefault('asked_of_the_ledger', {})) -%}
{%- endmacro -%}

{# As which day, and by which project, this model was last built; none where it never was. #}
{%- macro last_build() -%}
    {%- set answers = asked_before() -%}
    {%- if 'last_build' not in answers -%}
        {%- set found = run_query(
            "select as_of, project_version from " ~ built_batches()
            ~ " where model_name = '" ~ model.name ~ "' and feed is null"
        ) -%}
        {%- set builds = [] -%}
        {%- for row in found.rows -%}
            {%- do builds.append({'as_of': row[0], 'project_version': row[1]}) -%}
        {%- endfor -%}
        {%- do answers.update({'last_build': builds | first | default(none)}) -%}
    {%- endif -%}
    {%- do return(answers.last_build) -%}
{%- endmacro -%}

{# Batches this model has not seen as they are now, and the days of those it saw otherwise. #}
{%- macro changed_batches(feeds) -%}
    {%- set answers = asked_before() -%}
    {%- set question = feeds | sort | join(' ') -%}
    {%- if question not in answers -%}
        {%- do answers.update({question: find_changed_batches(feeds)}) -%}
    {%- endif -%}
    {%- do return(answers[question]) -%}
{%- endmacro -%}

{%- macro find_changed_batches(feeds) -%}
    {%- if not feeds -%}{%- do return({'came': [], 'came_days': [], 'gone_days': []}) -%}{%- endif -%}
    {%- set changes = run_query(
        "with now_visible as (" ~ visible_batches(feeds) ~ "), seen as ("
        ~ "select feed, batch_id, delivered_date, content from " ~ built_batches()
        ~ " where model_name = '" ~ model.name ~ "' and feed in " ~ text_list(feeds) ~ ") "
        ~ "select 'came' as change, batch_id, delivered_date::varchar as delivered_day from "
        ~ "(select * from now_visible except select * from seen) as fresh union all "
        ~ "select 'gone' as change, batch_id, delivered_date::varchar as delivered_day from "
        ~ "(select * from seen except select * from now_visible) as stale order by 1, 3, 2"
    ) -%}
    {%- set came, came_days, gone_days = [], [], [] -%}
    {%- for row in changes.rows -%}
        {%- if row[0] == 'came' -%}
            {%- do came.append(row[1]) -%}{%- do came_days.append(row[2]) -%}
        {%- else -%}
            {%- do gone_days.append(row[2]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return({
        'came': came, 'came_days': came_days | unique | list, 'gone_days': gone_days | unique | list,
    }) -%}
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

{# Whether a row may hold something of a batch that is gone, or that came: the days it was made
   from surround that batch's. It may be made anew for nothing, but is never kept wrongly. #}
{%- macro may_hold_what_is_gone() -%}
    {{ is_made_from_any_of(changed_batches(model.config.meta.feeds).gone_days) }}
{%- endmacro -%}
{%- macro may_hold_what_came(moment) -%}
    ({{ moment }} >= date '{{ last_build().as_of }}'
    or {{ is_made_from_any_of(changed_batches(model.config.meta.feeds).came_days) }})
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

{# Remember which keys a batch that came or went touches: those of its rows in the staging model,
   and those of rows that may hold what is gone. #}
{%- macro note_touched(key, staged, moment) -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        select {{ key }} from ({{ come_since_last_build(staged, moment, key) }}) as come
        union
        select {{ key }} from {{ this }}
        where {{ may_hold_what_is_gone() }}
    {%- endif -%}
{%- endmacro -%}

{# What is touched goes, and what was made of it anew comes: made first, for it may read the table. #}
{%- macro replace_touched(table, sql) -%}
    {%- set anew = model.name ~ '__anew' -%}
    {%- set columns = model.columns.values() | map(attribute='name') | join(', ') -%}
    {%- set given = config.get('unique_key') -%}
    {%- set key = given if given is string else given | join(', ') -%}
    {{ create_table_as(true, api.Relation.create(identifier=anew), sql) }}
    {{ tell_differing(
        'select ' ~ columns ~ ' from ' ~ table ~ ' where (' ~ key ~ ') in (select ' ~ key ~ ' from '
        ~ touched() ~ ')',
        'select ' ~ columns ~ ' from ' ~ anew
    ) }}
    delete from {{ table }}
    where ({{ key }}) in (select {{ key }} from {{ touched() }});
    insert into {{ table }} ({{ columns }})
    select {{ columns }} from {{ anew }};
    drop table {{ anew }}
{%- endmacro -%}

{# Write down, in the model's own transaction, what it was built from. #}
{%- macro note_built() -%}
    {%- if execute -%}
    {{ note_told_and_telling() }}
    {%- set feeds = model.config.meta.feeds + model.config.meta.get('rebuilt_by', []) -%}
    delete from {{ built_batches() }} where model_name = '{{ model.name }}';
    insert into {{ built_batches() }}
    select
        '{{ model.name }}' as model_name,
        {{ as_of() }} as as_of,
        '{{ project_version() }}' as project_version,
        null as feed, null as batch_id, null as delivered_date, null as content
    {%- if feeds %}
    union all
    select
        '{{ model.name }}' as model_name,
        {{ as_of() }} as as_of,
        '{{ project_version() }}' as project_version,
        feed, batch_id, delivered_date, content
    from ({{ visible_batches(feeds) }}) as visible
    {%- endif %}
    {%- endif -%}
{%- endmacro -%}

{# What a table was built from: by which rules, and from which batches of the ledger; and what of that
   has changed since. How a table follows it is in incremental.sql. #}

{#- A digest of the project's files, given by include/transform.py, and of the variables a run was
   given by hand, but for the day: other rules, other rows. -#}
{%- macro project_version() -%}
    {%- set given = dict(invocation_args_dict.get('vars') or {}) -%}
    {%- do given.pop('as_of', none) -%}
    {%- set files = env_var('TESSERA_DBT_PROJECT_VERSION', 'unknown') -%}
    {%- do return(files ~ (local_md5(tojson(given, sort_keys=true)) if given else '')) -%}
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

{# How a table tells those made of it what its builds changed. A model that tells says of which keys:

     meta={'tells': ['customer_id']}

   and in meta.untold which of its columns are no news to anybody. Its strategy then writes down the
   keys of rows that went, came or are not what they were, in the model's own transaction and under
   the number of its build. A model that is told by it

     meta={'feeds': [], 'told_by': {'int_orders_settled_to_order': 'customer_id'}},
     pre_hook="{{ note_told('customer_id') }}", post_hook="{{ note_built() }}"

   makes anew what was told since the build it last saw, however many those are. It is built whole
   where the other was meanwhile, or is further ahead than anybody remembers. All of this is about
   how tables came to be and nothing of what is in them, so it stands in a schema apart. #}

{%- macro told_schema() -%}
    {{- target.database ~ '.' ~ generate_schema_name('told', none) -}}
{%- endmacro -%}

{# Made before every run: the number of each model's last build and of its last whole one, the builds
   each model has seen of those that tell it, and what was told. #}
{%- macro create_told() -%}
    create schema if not exists {{ told_schema() }};
    create table if not exists {{ told_schema() }}.builds (
        model_name varchar,
        build bigint,
        whole_build bigint
    );
    create table if not exists {{ told_schema() }}.builds_seen (
        model_name varchar,
        told_by varchar,
        build bigint
    );
    create table if not exists {{ told_schema() }}.touched_keys (
        model_name varchar,
        build bigint,
        key_name varchar,
        key_value varchar
    )
{%- endmacro -%}

{# The last build of every model that tells this one: its number, that of the last whole build, and
   the number this model has seen, each none where there was none. #}
{%- macro tellers() -%}
    {%- set answers = asked_before() -%}
    {%- if 'tellers' not in answers -%}
        {%- set found = {} -%}
        {%- for name in model.config.meta.get('told_by', {}) -%}
            {%- set rows = run_query(
                "select max(build), max(whole_build), (select max(build) from " ~ told_schema()
                ~ ".builds_seen where model_name = '" ~ model.name ~ "' and told_by = '" ~ name
                ~ "') from " ~ told_schema() ~ ".builds where model_name = '" ~ name ~ "'"
            ).rows -%}
            {%- do found.update({
                name: {'build': rows[0][0], 'whole_build': rows[0][1], 'seen': rows[0][2]}
            }) -%}
        {%- endfor -%}
        {%- do answers.update({'tellers': found}) -%}
    {%- endif -%}
    {%- do return(answers.tellers) -%}
{%- endmacro -%}

{# Whether all that changed in the tables that tell this model, since it last saw them, is told. #}
{%- macro all_was_told() -%}
    {%- for told in tellers().values() -%}
        {%- if told.build is none or told.seen is none or told.seen < told.whole_build
            or told.build - told.seen > var('builds_remembered') -%}
            {%- do return(false) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(true) -%}
{%- endmacro -%}

{# What one model told of a key since this model last saw it. #}
{%- macro told_keys(name, key=none) -%}
    select distinct key_value from {{ told_schema() }}.touched_keys
    where
        model_name = '{{ name }}'
        and key_name = '{{ key or model.config.meta.told_by[name] }}'
        and build > {{ tellers()[name].seen }}
{%- endmacro -%}

{# The temporary table of the keys that were told, and of those that another query adds. #}
{%- macro note_told(key, also=none) -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        {%- for name in model.config.meta.told_by %}
        select key_value as {{ key }} from ({{ told_keys(name) }}) as told
        {{ 'union' if not loop.last }}
        {%- endfor %}
        {%- if also %}
        union
        {{ also }}
        {%- endif %}
    {%- endif -%}
{%- endmacro -%}

{# ... and of those of which something has grown too old for a window of days: it lay on one side of a
   bound as the last build's run date saw it, and lies on the other now. #}
{%- macro note_told_or_aged(key, relation, moment, bounds) -%}
    {%- if is_incremental() -%}
        {{ note_told(
            key,
            also='select ' ~ key ~ ' from ' ~ ref(relation) ~ ' where ' ~ key ~ ' is not null and '
            ~ has_aged_across(moment, bounds),
        ) }}
    {%- endif -%}
{%- endmacro -%}
{%- macro has_aged_across(moment, bounds) -%}
    {%- set last_as_of = "date '" ~ last_build().as_of ~ "'" -%}
    (
        {%- for days in bounds %}
        {{ moment }} >= {{ days_before(last_as_of, days) }}
        and {{ moment }} < {{ days_before(as_of(), days) }} or
        {%- endfor %}
        false
    )
{%- endmacro -%}

{# Tell the keys of rows that differ between two relations: what is to go, and what is to come. Columns
   in meta.untold are no news to anybody. Both are read once and counted against each other, however
   many keys are told. #}
{%- macro tell_differing(went, came) -%}
    {%- set keys = model.config.meta.get('tells', []) -%}
    {%- set differing = model.name ~ '__differing' -%}
    {%- set columns = model.columns.values() | map(attribute='name')
        | reject('in', model.config.meta.get('untold', [])) | join(', ') -%}
    {%- if keys %}
    create temporary table {{ differing }} as
    select {{ keys | join(', ') }}
    from (
        select {{ columns }}, 1 as side from {{ went }}
        union all
        select {{ columns }}, -1 as side from {{ came }}
    ) as sides
    group by {{ columns }}
    having sum(side) <> 0;
    {%- for key in keys %}
    insert into {{ told_schema() }}.touched_keys
    select distinct
        '{{ model.name }}' as model_name,
        {{ next_build() }} as build,
        '{{ key }}' as key_name,
        {{ key }}::varchar as key_value
    from {{ differing }}
    where {{ key }} is not null;
    {%- endfor %}
    drop table {{ differing }};
    {%- endif %}
{%- endmacro -%}

{# The number of the build that is being made. #}
{%- macro next_build() -%}
    (
        select coalesce(max(builds.build), 0) + 1
        from {{ told_schema() }}.builds as builds
        where builds.model_name = '{{ model.name }}'
    )
{%- endmacro -%}

{# Write down that a model was built: what its tellers told has been seen, and what it told itself
   so many builds ago nobody asks for any more. A whole build tells by its number alone. #}
{%- macro note_told_and_telling() -%}
    {%- if model.config.meta.get('told_by') %}
    delete from {{ told_schema() }}.builds_seen where model_name = '{{ model.name }}';
    {%- for name in model.config.meta.told_by %}
    insert into {{ told_schema() }}.builds_seen
    select
        '{{ model.name }}' as model_name,
        '{{ name }}' as told_by,
        build
    from {{ told_schema() }}.builds
    where model_name = '{{ name }}';
    {%- endfor %}
    {%- endif %}
    {%- if model.config.meta.get('tells') %}
    {%- set builds = told_schema() ~ '.builds' %}
    create or replace temporary table {{ model.name }}_build as
    select
        {{ next_build() }} as build,
        {{ next_build() if should_full_refresh() else '(select whole_build from ' ~ builds
            ~ " where model_name = '" ~ model.name ~ "')" }} as whole_build;
    delete from {{ builds }} where model_name = '{{ model.name }}';
    insert into {{ builds }}
    select
        '{{ model.name }}' as model_name,
        build,
        whole_build
    from {{ model.name }}_build;
    delete from {{ told_schema() }}.touched_keys
    where
        model_name = '{{ model.name }}'
        and build <= (
            select greatest(whole_build, build - {{ var('builds_remembered') }})
            from {{ model.name }}_build
        );
    {%- endif %}
{%- endmacro -%}

{# How tables and views are written: in their place, by one statement in one transaction. dbt-duckdb's
   own materializations build beside, look for indexes, rename twice, commit and drop, for engines
   whose transactions do not cover all that; each step costs dbt more time than DuckDB, and a process
   killed before the drop leaves a copy. No model here has indexes, foreign keys or grants, and their
   descriptions stay in dbt docs: what would make those is left out. #}

{%- materialization table, adapter='duckdb' -%}
    {{- return(made_in_place(this.incorporate(type='table'))) -}}
{%- endmaterialization -%}

{%- materialization view, adapter='duckdb' -%}
    {{- return(made_in_place(this.incorporate(type='view'))) -}}
{%- endmaterialization -%}

{# Whole as a table is, or the touched keys alone, or whole and telling what differs
   (macros/incremental.sql). #}
{%- materialization incremental, adapter='duckdb' -%}
    {%- if config.get('incremental_strategy') not in ['replace_touched', 'replace_differing'] -%}
        {%- do exceptions.raise_compiler_error(
            'Only replace_touched and replace_differing are an incremental_strategy here'
        ) -%}
    {%- endif -%}
    {{- return(made_in_place(this.incorporate(type='table'), follows=is_incremental())) -}}
{%- endmaterialization -%}

{%- macro made_in_place(target, follows=false) -%}
    {%- set before = load_cached_relation(this) -%}
    {%- do run_hooks(pre_hooks) -%}
    {%- call statement('main') -%}
        {%- if follows -%}
            {{ replace_rows(target, compiled_code) }}
        {%- else -%}
            {%- if before is not none %} drop {{ before.type }} {{ before }};{% endif %}
            {%- if target.is_view -%}
                {{ create_view_as(target, compiled_code) }}
            {%- else -%}
                {{ create_table_as(false, target, compiled_code) }}
            {%- endif -%}
        {%- endif -%}
    {%- endcall -%}
    {%- do run_hooks(post_hooks) -%}
    {%- do adapter.commit() -%}
    {%- do return({'relations': [target]}) -%}
{%- endmacro -%}

{# A contract is held against the query by its columns' spelling. Where that differs from the yml's
   (int for integer), dbt's own check asks DuckDB about each type, or refuses the model. #}
{%- macro duckdb__get_assert_columns_equivalent(sql) -%}
    {%- set made, promised = [], [] -%}
    {%- for column in get_column_schema_from_query(sql) -%}
        {%- do made.append(column.name | lower ~ ' ' ~ column.dtype | lower | replace(' ', '')) -%}
    {%- endfor -%}
    {%- for column in model.columns.values() -%}
        {%- do promised.append(
            column.name | lower ~ ' ' ~ (column.data_type or '') | lower | replace(' ', '')
        ) -%}
    {%- endfor -%}
    {%- if made | sort != promised | sort -%}{{ assert_columns_equivalent(sql) }}{%- endif -%}
{%- endmacro -%}

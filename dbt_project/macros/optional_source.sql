{# A source that may never have been delivered: its table, or no rows of its declared columns. #}

{%- macro optional_source(source_name, table_name) -%}
    {%- set relation = source(source_name, table_name) -%}
    {%- if not execute or relation.is_cte or load_relation(relation) is not none -%}
        {{ relation }}
    {%- else -%}
        {%- set declared = graph.sources.values()
            | selectattr('source_name', 'equalto', source_name)
            | selectattr('name', 'equalto', table_name) | first -%}
        (
            select
                {% for column in declared.columns.values() -%}
                null::{{ column.data_type }} as {{ column.name }}{{ ',' if not loop.last }}
                {% endfor %}
            where false
        )
    {%- endif -%}
{%- endmacro -%}

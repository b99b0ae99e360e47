{# One currency for every amount: a source in another one is refused, before anything is built. #}

{# Nothing, or an error: a source's amounts name their currency in its yml, as its contract does.
   A unit test has no sources to ask. #}
{%- macro refuse_other_currencies(source_name, table_name) -%}
    {%- if execute and graph.sources is defined -%}
        {%- set declared = graph.sources.values()
            | selectattr('source_name', 'equalto', source_name)
            | selectattr('name', 'equalto', table_name) | first -%}
        {%- for column in declared.columns.values() if column.name.endswith('_amount') -%}
            {%- set currency = column.config.get('meta', {}).get('currency') -%}
            {%- if currency != var('currency') -%}
                {%- do exceptions.raise_compiler_error(
                    source_name ~ '.' ~ table_name ~ '.' ~ column.name ~ " is in "
                    ~ (currency or 'no stated currency') ~ ", and every amount here is in "
                    ~ var('currency') ~ " (variable currency): sums over two currencies mean "
                    ~ "nothing. Convert it where it is extracted, and state the currency in its "
                    ~ "contract and in the yml of the dbt source."
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}

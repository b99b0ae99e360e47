{# Which customers a build makes anew where it goes on from the last one. #}

{# The temporary table of customers of whom the newest snapshot that the run date sees says anything
   else than the table, or who are in one of them alone: nothing is taken for unchanged but what was
   compared, column by column. Where no snapshot came or went, it is the one that was compared. #}
{%- macro note_touched_customers() -%}
    {%- if is_incremental() -%}
        {%- set changed = changed_batches(model.config.meta.feeds) -%}
        {%- set columns = adapter.get_columns_in_relation(this) | map(attribute='name') | list %}
        create or replace temporary table {{ touched() }} as
        select coalesce(told.customer_id, made.customer_id) as customer_id
        from {{ ref('stg_crm__customers') }} as told
        full join {{ this }} as made using (customer_id)
        where
            {{ 'true' if changed.came or changed.gone_days else 'false' }}
            and (
                told.customer_id is null
                or made.customer_id is null
                {%- for column in columns if column != 'customer_id' %}
                or told.{{ column }} is distinct from made.{{ column }}
                {%- endfor %}
            )
    {%- endif -%}
{%- endmacro -%}

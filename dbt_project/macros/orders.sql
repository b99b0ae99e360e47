{# Which orders a build makes anew, where it goes on from the last one. #}

{# The temporary table of orders whose lines came or went, or which were called off meanwhile (or
   are no longer: the file that said so was taken back). #}
{%- macro note_touched_orders() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        select order_id from {{ ref('int_order_lines_summarised_to_order') }}
        where {{ may_hold_what_came('ordered_at') }}
        union
        select order_id from {{ this }}
        where {{ may_hold_what_is_gone() }}
        union
        select made.order_id
        from {{ this }} as made
        left join {{ ref('stg_shop__order_cancellations') }} as cancelled using (order_id)
        where made.cancelled_at is distinct from cancelled.cancelled_at
    {%- endif -%}
{%- endmacro -%}

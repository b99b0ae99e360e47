{# Orders: which of them a build makes anew where it goes on from the last one, and whose they were. #}

{# The temporary table of orders whose lines came or went, which were called off meanwhile (or are
   no longer: the file that said so was taken back), or whose guest is known for another now. #}
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
        union
        select made.order_id
        from {{ this }} as made
        left join {{ ref('int_guests_recognised_to_order') }} as known
            on made.order_id = known.order_id and known.known_until_at is null
        where made.is_guest_checkout and made.customer_id is distinct from known.customer_id
    {%- endif -%}
{%- endmacro -%}

{# Whether a day, which sees nothing of itself, knew whose a guest's order is; an order that names its
   customer (no known_since_at) was always known. #}
{%- macro was_known(relation, day) -%}
    coalesce({{ relation }}.known_since_at < {{ day }}, true)
            and coalesce({{ relation }}.known_until_at >= {{ day }}, true)
{%- endmacro -%}

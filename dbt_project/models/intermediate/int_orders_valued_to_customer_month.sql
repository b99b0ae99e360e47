-- Recency, frequency and monetary value as they stood on the first of each past month.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='customer_id',
        meta={
            'feeds': [],
            'told_by': {
                'int_orders_settled_to_order': 'customer_id',
                'int_guests_recognised_to_order': 'customer_id',
            },
            'tells': ['snapshot_date'],
        },
        pre_hook="{{ note_touched_values() }}",
        post_hook="{{ note_built() }}",
    )
}}

-- What is kept, and so the hook, asks how many customers there are:
-- depends_on: {{ ref('int_orders_profiled_to_customer') }}

with months_kept as (

    {{ months_kept() }}

),

-- A month that was not kept before is valued for everyone, ...
new_months as (

    select snapshot_date from months_kept
    where
        snapshot_date > (
            select min(orders.ordered_at) from {{ ref('int_orders_settled_to_order') }} as orders
        )
        {%- if is_incremental() %}
        and snapshot_date not in (select made.snapshot_date from {{ this }} as made)
        {%- endif %}

),

orders_of_everyone as (

    {{ orders_by_customer(
        ref('int_orders_settled_to_order'), ref('int_guests_recognised_to_order')
    ) }}

),
{% if is_incremental() %}
-- ... and one that was for those of whom something changed.
months_gone_on_from as (

    select distinct snapshot_date from {{ this }}

),

orders_touched as (

    {{ orders_by_customer(
        ref('int_orders_settled_to_order'),
        ref('int_guests_recognised_to_order'),
        whose='select touched.customer_id from ' ~ touched() ~ ' as touched',
    ) }}

),
{% endif %}
valued as (

    {{ valued_at_months('orders_of_everyone', 'new_months') }}
    {%- if is_incremental() %}
    union all
    {{ valued_at_months('orders_touched', 'months_gone_on_from') }}
    {%- endif %}

)

select * from valued

-- What an order proves of the address left with it: whose it is, if anybody's who is known.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='order_id',
        meta={
            'feeds': ['shop.order_lines', 'shop.order_contacts'],
            'tells': ['order_id', 'email'],
            'untold': ['first_delivered_date', 'last_delivered_date'],
        },
        pre_hook="{{ note_touched_order_evidence() }}",
        post_hook="{{ note_built() }}",
    )
}}

-- What came is added to what is known; only where something went is all of an order read again.
{%- set is_added = is_incremental() and not something_is_gone() %}

with contacts as (

    select
        order_id,
        email,
        ordered_at,
        delivered_date as first_delivered_date,
        delivered_date as last_delivered_date

    {%- if is_added %}

    from ({{ come_since_last_build('stg_shop__order_contacts', 'ordered_at') }}) as come
    union all
    select
        order_id,
        email,
        ordered_at,
        first_delivered_date,
        last_delivered_date

    from {{ this }}
    where {{ if_touched('order_id', 'order_id') }}
    {%- else %}

    from {{ ref('stg_shop__order_contacts') }}
    where {{ if_touched('order_id', 'order_id') }}
    {%- endif %}

),

orders as (

    select
        order_id,
        customer_id,
        first_delivered_date,
        last_delivered_date

    from {{ ref('int_order_lines_summarised_to_order') }}
    where {{ if_touched('order_id', 'order_id') }}

),

evidence as (

    select
        contacts.order_id,
        contacts.email,
        orders.customer_id,
        contacts.ordered_at,
        least(
            contacts.first_delivered_date, orders.first_delivered_date
        ) as first_delivered_date,
        greatest(
            contacts.last_delivered_date, orders.last_delivered_date
        ) as last_delivered_date

    from contacts
    left join orders using (order_id)

)

select * from evidence

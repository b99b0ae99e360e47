-- Links of addresses with customers: since when, by what evidence.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='email',
        meta={'feeds': ['crm.customers', 'shop.order_lines', 'shop.order_contacts']},
        pre_hook="{{ note_touched_address_links() }}",
        post_hook="{{ note_built() }}",
    )
}}

with addresses as (

    select * from {{ ref('int_identity__crm_addresses') }}
    where {{ if_touched('email', 'email') }}

),

contacts as (

    select
        order_id,
        email,
        ordered_at,
        delivered_date as first_delivered_date,
        delivered_date as last_delivered_date

    from {{ ref('stg_shop__order_contacts') }}
    where {{ if_touched('email', 'email') }}

),

orders as (

    select
        order_id,
        customer_id,
        ordered_at,
        first_delivered_date,
        last_delivered_date

    from {{ ref('int_order_lines_summarised_to_order') }}
    where customer_id is not null

),

links as (

    select
        email,
        customer_id,
        'crm' as evidence,
        {{ known_from('first_delivered_date') }} as since_at,
        {{ known_from('first_delivered_date') }} as last_at,
        first_delivered_date,
        first_delivered_date as last_delivered_date

    from addresses
    union all
    select
        contacts.email,
        orders.customer_id,
        'order_contact' as evidence,
        min(contacts.ordered_at) as since_at,
        {{ proven_together([('contacts', 'ordered_at'), ('orders', 'ordered_at')]) }}

    from contacts
    inner join orders using (order_id)
    group by contacts.email, orders.customer_id

)

select * from links

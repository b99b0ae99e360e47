-- Links of addresses with customers: since when, by what evidence.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='email',
        meta={
            'feeds': ['crm.customers'],
            'told_by': {'int_identity__order_evidence': 'email'},
            'tells': ['email'],
        },
        pre_hook="{{ note_touched_address_links() }}",
        post_hook="{{ note_built() }}",
    )
}}

with addresses as (

    select * from {{ ref('int_identity__crm_addresses') }}
    where {{ if_touched('email', 'email') }}

),

orders as (

    select * from {{ ref('int_identity__order_evidence') }}
    where
        customer_id is not null
        and {{ if_touched('email', 'email') }}

),

links as (

    select
        email,
        customer_id,
        'crm' as evidence,
        {{ known_from('first_delivered_date') }} as since_at

    from addresses
    union all
    select
        email,
        customer_id,
        'order_contact' as evidence,
        min(ordered_at) as since_at

    from orders
    group by email, customer_id

)

select * from links

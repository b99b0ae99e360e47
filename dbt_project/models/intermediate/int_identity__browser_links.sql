-- Links of browsers with customers and with addresses: since when, by what evidence.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='visitor_id',
        meta={'feeds': ['web.events', 'shop.order_lines', 'shop.order_contacts']},
        pre_hook="{{ note_touched_browser_links() }}",
        post_hook="{{ note_built() }}",
    )
}}

with web_evidence as (

    select * from {{ ref('int_identity__web_evidence') }}
    where {{ if_touched('visitor_id', 'visitor_id') }}

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

contacts as (

    select
        order_id,
        email,
        ordered_at,
        delivered_date as first_delivered_date,
        delivered_date as last_delivered_date

    from {{ ref('stg_shop__order_contacts') }}

),

links as (

    select
        visitor_id,
        'customer' as linked_type,
        customer_id as linked,
        'login' as evidence,
        min(first_event_at) as since_at,
        {{ proven_together([('web_evidence', 'last_event_at')]) }}

    from web_evidence
    where customer_id is not null
    group by visitor_id, customer_id
    union all
    select
        web_evidence.visitor_id,
        'customer' as linked_type,
        orders.customer_id as linked,
        'order' as evidence,
        min(web_evidence.first_event_at) as since_at,
        {{ proven_together([('web_evidence', 'last_event_at'), ('orders', 'ordered_at')]) }}

    from web_evidence
    inner join orders using (order_id)
    group by web_evidence.visitor_id, orders.customer_id
    union all
    select
        web_evidence.visitor_id,
        'email' as linked_type,
        contacts.email as linked,
        'order_contact' as evidence,
        min(greatest(contacts.ordered_at, web_evidence.first_event_at)) as since_at,
        {{ proven_together([('web_evidence', 'last_event_at'), ('contacts', 'ordered_at')]) }}

    from web_evidence
    inner join contacts using (order_id)
    group by web_evidence.visitor_id, contacts.email

)

select * from links

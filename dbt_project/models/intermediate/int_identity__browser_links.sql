-- Links of browsers with customers and with addresses: since when, by what evidence.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='visitor_id',
        meta={
            'feeds': ['shop.order_lines'],
            'told_by': {
                'int_identity__web_evidence': 'visitor_id',
                'int_identity__order_evidence': 'order_id',
            },
            'tells': ['visitor_id', 'email'],
            'untold': ['first_delivered_date', 'last_delivered_date'],
        },
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
        first_delivered_date,
        last_delivered_date

    from {{ ref('int_order_lines_summarised_to_order') }}
    where customer_id is not null

),

contacts as (

    select
        order_id,
        email,
        ordered_at

    from {{ ref('int_identity__order_evidence') }}

),

links as (

    select
        visitor_id,
        customer_id,
        null as email,
        'login' as evidence,
        min(first_event_at) as since_at,
        null::date as first_delivered_date,
        null::date as last_delivered_date

    from web_evidence
    where customer_id is not null
    group by visitor_id, customer_id
    union all
    select
        web_evidence.visitor_id,
        orders.customer_id,
        null as email,
        'order' as evidence,
        min(web_evidence.first_event_at) as since_at,
        min(orders.first_delivered_date) as first_delivered_date,
        max(orders.last_delivered_date) as last_delivered_date

    from web_evidence
    inner join orders using (order_id)
    group by web_evidence.visitor_id, orders.customer_id
    union all
    select
        web_evidence.visitor_id,
        null as customer_id,
        contacts.email,
        'order_contact' as evidence,
        min(greatest(contacts.ordered_at, web_evidence.first_event_at)) as since_at,
        null::date as first_delivered_date,
        null::date as last_delivered_date

    from web_evidence
    inner join contacts using (order_id)
    group by web_evidence.visitor_id, contacts.email

)

select * from links

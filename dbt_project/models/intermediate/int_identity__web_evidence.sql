-- What the web site proves of a visitor: logins as a customer, and orders placed.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='visitor_id',
        meta={'feeds': ['web.events']},
        pre_hook="{{ note_touched('visitor_id', 'stg_web__events', 'event_at') }}",
        post_hook="{{ note_built() }}",
    )
}}

with events as (

    select
        visitor_id,
        customer_id,
        case when event_type = 'purchase' then order_id end as order_id,
        event_at,
        delivered_date

    from {{ ref('stg_web__events') }}
    where
        (customer_id is not null or (event_type = 'purchase' and order_id is not null))
        {%- if is_incremental() %}
        and visitor_id in (select touched.visitor_id from {{ touched() }} as touched)
        {%- endif %}

),

evidence as (

    select
        visitor_id,
        customer_id,
        order_id,
        min(event_at) as first_event_at,
        max(event_at) as last_event_at,
        count(*) as events,
        min(delivered_date) as first_delivered_date,
        max(delivered_date) as last_delivered_date

    from events
    group by visitor_id, customer_id, order_id

)

select * from evidence

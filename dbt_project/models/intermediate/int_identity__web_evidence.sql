-- What the web site proves of a visitor: logins as a customer, and orders placed.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='visitor_id',
        meta={
            'feeds': ['web.events'],
            'tells': ['visitor_id'],
            'untold': ['first_delivered_date', 'last_delivered_date'],
        },
        pre_hook="{{ note_touched(
            'visitor_id', 'stg_web__events', 'event_at', only=proves_something()
        ) }}",
        post_hook="{{ note_built() }}",
    )
}}

-- What came is added to what is known; only where something went is all of a visitor read again.
{%- set is_added = is_incremental() and not something_is_gone() %}

with events as (

    {% if is_added %}
    {{ come_since_last_build('stg_web__events', 'event_at') }}
    {%- else %}
    select * from {{ ref('stg_web__events') }}
    where {{ if_touched('visitor_id', 'visitor_id') }}
    {%- endif %}

),

counted as (

    select
        visitor_id,
        customer_id,
        case when event_type = 'purchase' then order_id end as order_id,
        event_at as first_event_at,
        delivered_date as first_delivered_date,
        delivered_date as last_delivered_date

    from events
    where {{ proves_something() }}
    {%- if is_added %}
    union all
    select
        visitor_id,
        customer_id,
        order_id,
        first_event_at,
        first_delivered_date,
        last_delivered_date

    from {{ this }}
    where {{ if_touched('visitor_id', 'visitor_id') }}
    {%- endif %}

),

evidence as (

    select
        visitor_id,
        customer_id,
        order_id,
        min(first_event_at) as first_event_at,
        min(first_delivered_date) as first_delivered_date,
        max(last_delivered_date) as last_delivered_date

    from counted
    group by visitor_id, customer_id, order_id

)

select * from evidence

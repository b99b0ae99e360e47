-- When each browser and each address was first seen, whoever's it is; a machine's are nobody's.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='identifier_key',
        meta={
            'feeds': ['web.events', 'shop.order_contacts', 'crm.customers'],
            'rebuilt_when_gone': true,
            'tells': ['identifier_key'],
        },
        pre_hook="{{ note_newly_seen() }}",
        post_hook="{{ note_built() }}",
    )
}}

with addresses as (

    {% if is_incremental() %}
    select
        identifier as email,
        seen_at

    from {{ touched() }}
    where identifier_type = 'email'
    {%- else %}
    select
        email,
        ordered_at as seen_at

    from {{ ref('stg_shop__order_contacts') }}
    union all
    select
        email,
        {{ known_from('first_delivered_date') }} as seen_at

    from {{ ref('int_identity__crm_addresses') }}
    {%- endif %}

),

seen as (

    select
        {{ identifier_key("'visitor'", 'visitor_id') }} as identifier_key,
        min(first_event_at) as first_seen_at

    from {{ ref('int_events_grouped_to_session_day') }}
    where
        not is_bot
        and {{ if_touched('visitor_id', 'identifier') }}
        and {{ if_seen_since('first_event_at') }}
    group by visitor_id
    union all
    select
        {{ identifier_key("'email'", 'email') }} as identifier_key,
        min(seen_at) as first_seen_at

    from addresses
    group by email

)

select * from seen
where {{ if_touched('identifier_key') }}

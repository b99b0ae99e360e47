-- When each browser and each address was first seen, whoever's it is; a machine's are nobody's.

with addresses as (

    select
        email,
        ordered_at as seen_at

    from {{ ref('stg_shop__order_contacts') }}
    union all
    select
        identifier as email,
        since_at as seen_at

    from {{ ref('int_identity__links') }}
    where evidence = 'crm'

),

seen as (

    select
        {{ identifier_key("'visitor'", 'visitor_id') }} as identifier_key,
        min(first_event_at) as first_seen_at

    from {{ ref('int_events_grouped_to_session_day') }}
    where not is_bot
    group by visitor_id
    union all
    select
        {{ identifier_key("'email'", 'email') }} as identifier_key,
        min(seen_at) as first_seen_at

    from addresses
    group by email

)

select * from seen

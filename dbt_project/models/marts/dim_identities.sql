-- Which identifiers belong to which customer: since when, until when, by what evidence.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key=['identifier_type', 'identifier'],
        meta={
            'feeds': [],
            'told_by': {
                'int_identity__claims': 'identifier_key',
                'int_identity__clusters': 'identifier_key',
                'int_identity__owners': 'identifier_key',
                'int_identity__seen': 'identifier_key',
                'dim_customers': 'customer_id',
            },
        },
        pre_hook="{{ note_touched_map() }}",
        post_hook="{{ note_built() }}",
    )
}}

with owners as (

    select * from {{ ref('int_identity__owners') }}
    where {{ if_touched('identifier_key') }}

),

seen as (

    select * from {{ ref('int_identity__seen') }}
    where {{ if_touched('identifier_key') }}

),

clusters as (

    select * from {{ ref('int_identity__clusters') }}
    where {{ if_touched('identifier_key') }}

),

shared as (

    select identifier_key
    from {{ ref('int_identity__claims') }}
    where
        until_at is null
        and {{ if_touched('identifier_key') }}
    group by identifier_key
    having count(distinct customer_id) > 1

),

known as (

    select
        identifier_key,
        customer_id,
        'resolved' as status,
        evidence,
        since_at,
        until_at

    from owners
    union all
    select
        {{ identifier_key("'customer'", 'customer_id') }} as identifier_key,
        customer_id,
        'resolved' as status,
        'crm' as evidence,
        created_date::timestamp as since_at,
        null::timestamp as until_at

    from {{ ref('dim_customers') }}
    where {{ if_touched(identifier_key("'customer'", 'customer_id')) }}
    union all
    select
        seen.identifier_key,
        null as customer_id,
        case when shared.identifier_key is null then 'unresolved' else 'shared' end as status,
        null as evidence,
        coalesce(max(owners.until_at), seen.first_seen_at) as since_at,
        null::timestamp as until_at

    from seen
    left join owners using (identifier_key)
    left join shared using (identifier_key)
    group by seen.identifier_key, seen.first_seen_at, shared.identifier_key
    having count(owners.identifier_key) = count(owners.until_at)

),

identities as (

    select
        {{ identifier_type_of('known.identifier_key') }} as identifier_type,
        {{ identifier_of('known.identifier_key') }} as identifier,
        known.customer_id,
        coalesce(
            {{ identifier_key("'customer'", 'known.customer_id') }},
            clusters.component_key,
            known.identifier_key
        ) as identity_key,
        known.status,
        known.evidence,
        known.since_at,
        known.until_at,
        known.until_at is null as is_current

    from known
    left join clusters using (identifier_key)

)

select * from identities

-- Which identifiers belong to which customer: since when, until when, by what evidence.

with owners as (

    select * from {{ ref('int_identity__owners') }}

),

seen as (

    select * from {{ ref('int_identity__seen') }}

),

clusters as (

    select * from {{ ref('int_identity__clusters') }}

),

shared as (

    select identifier_key
    from {{ ref('int_identity__claims') }}
    where until_at is null
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

    from {{ ref('stg_crm__customers') }}
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

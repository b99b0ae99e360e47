-- Whose each identifier was, from when until when: in any stretch of time the one customer with a
-- claim of the best tier; nobody's while there are two.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='identifier_key',
        meta={
            'feeds': [],
            'told_by': {'int_identity__claims': 'identifier_key'},
            'tells': ['identifier_key'],
        },
        pre_hook="{{ note_told('identifier_key') }}",
        post_hook="{{ note_built() }}",
    )
}}

with claims as (

    select * from {{ ref('int_identity__claims') }}
    where {{ if_touched('identifier_key') }}

),

moments as (

    select
        identifier_key,
        since_at as from_at

    from claims
    where is_contested
    union
    select
        identifier_key,
        until_at as from_at

    from claims
    where until_at is not null

),

stretches as (

    select
        *,
        lead(from_at) over (partition by identifier_key order by from_at) as to_at

    from moments

),

standing as (

    select
        stretches.*,
        claims.customer_id,
        claims.evidence,
        claims.since_at,
        claims.tier = min(claims.tier) over (
            partition by stretches.identifier_key, stretches.from_at
        ) as is_best

    from stretches
    inner join claims
        on
            stretches.identifier_key = claims.identifier_key
            and stretches.from_at >= claims.since_at
            and coalesce(stretches.from_at < claims.until_at, true)

),

judged as (

    select
        identifier_key,
        from_at,
        to_at,
        min(customer_id) as customer_id,
        {{ first_by('evidence', 'since_at', 'evidence') }} as evidence

    from standing
    where is_best
    group by identifier_key, from_at, to_at
    having count(distinct customer_id) = 1

),

owners as (

    select
        identifier_key,
        customer_id,
        evidence,
        since_at,
        null::timestamp as until_at

    from claims
    where not is_contested
    union all
    select
        identifier_key,
        customer_id,
        evidence,
        from_at as since_at,
        to_at as until_at

    from judged

)

select * from owners

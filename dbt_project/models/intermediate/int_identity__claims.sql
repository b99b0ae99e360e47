-- Every claim a customer has to an identifier, from when until when: of tier 1 by evidence of its
-- own, of tier 2 along a chain of other identifiers, from earlier than any evidence of its own.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='identifier_key',
        meta={
            'feeds': [],
            'told_by': {
                'int_identity__direct_claims': 'identifier_key',
                'int_identity__reached': 'identifier_key',
                'int_identity__decisions': 'identifier_key',
            },
            'tells': ['identifier_key'],
        },
        pre_hook="{{ note_told('identifier_key') }}",
        post_hook="{{ note_built() }}",
    )
}}

with direct_claims as (

    select * from {{ ref('int_identity__direct_claims') }}
    where {{ if_touched('identifier_key') }}

),

reached as (

    select * from {{ ref('int_identity__reached') }}
    where {{ if_touched('identifier_key') }}

),

refuted as (

    select * from {{ ref('int_identity__decisions') }}
    where decision = 'separate'

),

claims as (

    select
        identifier_key,
        customer_id,
        1 as tier,
        evidence,
        since_at,
        until_at

    from direct_claims
    union all
    select
        reached.identifier_key,
        reached.customer_id,
        2 as tier,
        'chain' as evidence,
        reached.since_at,
        refuted.decided_at as until_at

    from reached
    left join direct_claims using (identifier_key, customer_id)
    left join refuted using (identifier_key, customer_id)
    where coalesce(reached.since_at < direct_claims.since_at, true)

),

held as (

    select
        *,
        count(*) over (partition by identifier_key) > 1 or until_at is not null as is_contested

    from claims
    where coalesce(since_at < until_at, true)

)

select * from held

-- Customers with evidence of their own that an identifier is theirs; decisions included.
-- The hook reads:
-- depends_on: {{ ref('stg_crm__identity_corrections') }}

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='identifier_key',
        meta={'feeds': identity_feeds(), 'rebuilt_when_gone': true},
        pre_hook="{{ note_touched_identifiers() }}",
        post_hook="{{ note_built() }}",
    )
}}

with evidence as (

    select
        identifier_key,
        linked as customer_id,
        since_at,
        evidence

    from {{ ref('int_identity__links') }}
    where
        linked_type = 'customer'
        and {{ if_touched('identifier_key') }}
    union all
    select
        identifier_key,
        customer_id,
        decided_at as since_at,
        'correction' as evidence

    from {{ ref('int_identity__decisions') }}
    where
        decision = 'same'
        and {{ if_touched('identifier_key') }}

),

refuted as (

    select * from {{ ref('int_identity__decisions') }}
    where decision = 'separate'

),

direct as (

    select
        identifier_key,
        customer_id,
        min(since_at) as since_at,
        {{ first_by('evidence', 'since_at', 'evidence') }} as evidence

    from evidence
    group by identifier_key, customer_id

),

claims as (

    select
        direct.identifier_key,
        direct.customer_id,
        direct.since_at,
        direct.evidence,
        refuted.decided_at as until_at

    from direct
    left join refuted using (identifier_key, customer_id)

)

select * from claims

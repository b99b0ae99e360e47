-- Customers with evidence of their own that an identifier is theirs; decisions included.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='identifier_key',
        meta={
            'feeds': [],
            'told_by': {
                'int_identity__browser_links': 'visitor_id',
                'int_identity__address_links': 'email',
                'int_identity__decisions': 'identifier_key',
            },
            'tells': ['identifier_key'],
        },
        pre_hook="{{ note_touched_claims() }}",
        post_hook="{{ note_built() }}",
    )
}}

with evidence as (

    select
        identifier_key,
        customer_id,
        since_at,
        evidence

    from {{ ref('int_identity__links') }}
    where
        customer_id is not null
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

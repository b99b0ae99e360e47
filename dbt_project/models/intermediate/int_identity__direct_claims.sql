-- Customers with evidence of their own that an identifier is theirs; decisions included.

with evidence as (

    select
        {{ identifier_key('identifier_type', 'identifier') }} as identifier_key,
        linked as customer_id,
        since_at,
        evidence

    from {{ ref('int_identity__links') }}
    where linked_type = 'customer'
    union all
    select
        identifier_key,
        customer_id,
        decided_at as since_at,
        'correction' as evidence

    from {{ ref('int_identity__decisions') }}
    where decision = 'same'

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

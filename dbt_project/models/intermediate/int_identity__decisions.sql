-- The newest decision on each pair of identifier and customer; it outweighs any evidence.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_differing',
        meta={'feeds': [], 'tells': ['identifier_key']},
        post_hook="{{ note_built() }}",
    )
}}

with decisions as (

    select
        {{ identifier_key('identifier_type', 'identifier') }} as identifier_key,
        customer_id,
        {{ last_by('decision', 'decided_at', 'correction_id') }} as decision,
        max(decided_at) as decided_at

    from {{ ref('stg_crm__identity_corrections') }}
    group by identifier_type, identifier, customer_id

)

select * from decisions

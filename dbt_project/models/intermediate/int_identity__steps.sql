-- The steps a chain of evidence may take between browsers and addresses, in both directions.
-- What many share is no step: a till's own address would make everybody one guest.
-- The hook reads:
-- depends_on: {{ ref('stg_crm__identity_corrections') }}

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='from_key',
        meta={'feeds': identity_feeds(), 'rebuilt_when_gone': true},
        pre_hook="{{ note_touched_identifiers() }}",
        post_hook="{{ note_built() }}",
    )
}}

with links as (

    select
        identifier_key,
        {{ identifier_key("'email'", 'linked') }} as linked_key,
        since_at

    from {{ ref('int_identity__links') }}
    where linked_type = 'email'

),

counted as (

    select
        *,
        count(*) over (partition by identifier_key) as addresses,
        count(*) over (partition by linked_key) as browsers

    from links

),

narrow as (

    select * from counted
    where
        addresses <= {{ var('identity_most_links') }}
        and browsers <= {{ var('identity_most_links') }}

),

steps as (

    select
        identifier_key as from_key,
        linked_key as to_key,
        since_at

    from narrow
    union all
    select
        linked_key as from_key,
        identifier_key as to_key,
        since_at

    from narrow

)

select * from steps
where {{ if_touched('from_key', 'from_key') }}

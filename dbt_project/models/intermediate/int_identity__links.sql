-- Links between two identifiers, or an identifier and a customer: since when, by what evidence.

{{ config(materialized='view') }}

with links as (

    select
        {{ identifier_key("'visitor'", 'visitor_id') }} as identifier_key,
        customer_id,
        email,
        evidence,
        since_at

    from {{ ref('int_identity__browser_links') }}
    union all
    select
        {{ identifier_key("'email'", 'email') }} as identifier_key,
        customer_id,
        null as email,
        evidence,
        since_at

    from {{ ref('int_identity__address_links') }}

)

select * from links

-- Links between two identifiers, or an identifier and a customer: since when, by what evidence.

{{ config(materialized='view') }}

with links as (

    select
        {{ identifier_key("'visitor'", 'visitor_id') }} as identifier_key,
        linked_type,
        linked,
        evidence,
        since_at,
        last_at,
        first_delivered_date,
        last_delivered_date

    from {{ ref('int_identity__browser_links') }}
    union all
    select
        {{ identifier_key("'email'", 'email') }} as identifier_key,
        'customer' as linked_type,
        customer_id as linked,
        evidence,
        since_at,
        last_at,
        first_delivered_date,
        last_delivered_date

    from {{ ref('int_identity__address_links') }}

)

select * from links

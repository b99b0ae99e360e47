-- Who a visitor is known to be, from when until when; a visitor may be known more than once.

{{ config(materialized='view') }}

with owners as (

    select * from {{ ref('int_identity__owners') }}

),

visitors as (

    select
        {{ identifier_of('identifier_key') }} as visitor_id,
        customer_id,
        since_at as resolved_at,
        until_at as conflicted_at

    from owners
    where {{ is_of_type('identifier_key', 'visitor') }}

)

select * from visitors

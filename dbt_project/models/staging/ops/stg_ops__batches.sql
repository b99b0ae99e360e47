-- Files that had landed and been delivered by the run date: which feeds were alive, and when.

with batches as (

    select
        batch_id,
        source as source_name,
        entity as entity_name,
        delivered_on as delivered_date,
        rows_landed

    from {{ source('ops', 'batches') }}
    where
        status = 'landed'
        and delivered_on <= {{ as_of() }}

)

select * from batches

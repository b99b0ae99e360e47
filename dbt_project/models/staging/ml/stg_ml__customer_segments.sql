-- The segment each customer was given on the run date.

with customer_segments as (

    select
        as_of,
        customer_id,
        segment_id,
        segment_name,
        strength,
        is_weak,
        since_date,
        model_version,
        reasons

    from {{ source('ml', 'customer_segments') }}
    where as_of = {{ as_of() }}

)

select * from customer_segments

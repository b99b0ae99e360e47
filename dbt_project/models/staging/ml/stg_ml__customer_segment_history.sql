-- Who was in which segment from when to when, as known on the run date.

with segment_history as (

    select
        customer_id,
        segment_id,
        valid_from,
        case when valid_to <= {{ as_of() }} then valid_to end as valid_to,
        model_version,
        reason

    from {{ optional_source('ml', 'customer_segment_history') }}
    where valid_from <= {{ as_of() }}

)

select * from segment_history

-- What became of segments whenever one model followed another, up to the run date.

with segment_lifecycle as (

    select
        as_of,
        event,
        segment_id,
        segment_name,
        other_segment_id,
        other_segment_name,
        customers,
        shared_customers,
        overlap,
        evidence,
        model_version,
        previous_version

    from {{ optional_source('ml', 'segment_lifecycle') }}
    where as_of <= {{ as_of() }}

)

select * from segment_lifecycle

-- What each segment is called and what it is like on the run date.

with segment_profiles as (

    select
        as_of,
        segment_id,
        segment_name,
        description,
        suggested_action,
        customers,
        customer_share,
        recency_days,
        frequency_orders,
        monetary_amount,
        model_version

    from {{ optional_source('ml', 'segment_profiles') }}
    where as_of = {{ as_of() }}

)

select * from segment_profiles

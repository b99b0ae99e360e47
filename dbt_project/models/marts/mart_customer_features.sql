-- What the models score: every customer who has ordered, as known on the run date.

with features as (

    select * from {{ ref('int_features_compared_to_customer_snapshot') }}
    -- by the day, not by is_run_date, so that the past is not even read
    where snapshot_date = {{ as_of() }}

),

customers as (

    select
        snapshot_date as as_of,
        customer_id,
        {{ feature_columns() | join(',\n        ') }},
        {{ further_feature_columns() | join(',\n        ') }}

    from features

)

select * from customers

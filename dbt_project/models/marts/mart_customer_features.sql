-- What the models score: every customer who has ordered, as known on the run date.

with features as (

    select * from {{ ref('int_features_joined_to_customer_snapshot') }}
    where is_run_date

),

customers as (

    select
        snapshot_date as as_of,
        customer_id,
        {{ feature_columns() | join(',\n        ') }}

    from features

)

select * from customers

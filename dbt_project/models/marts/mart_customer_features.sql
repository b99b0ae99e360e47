-- What the models score: every customer who has ordered, as known on the run date.

with features as (

    select * from {{ ref('int_features_joined_to_customer_snapshot') }}
    where is_run_date

),

compared as (

    select * from {{ ref('int_features_compared_to_customer_snapshot') }}
    where is_run_date

),

customers as (

    select
        features.snapshot_date as as_of,
        features.customer_id,
        features.{{ feature_columns() | join(',\n        features.') }},
        compared.{{ further_feature_columns() | join(',\n        compared.') }}

    from features
    inner join compared using (customer_id)

)

select * from customers

-- How many product categories each customer bought from in the 90 days before each snapshot date.

{{ config(materialized='view') }}

with counted as (

    select
        {{ as_of() }} as snapshot_date,
        customer_id,
        distinct_categories_90d

    from {{ ref('int_categories_counted_to_customer') }}
    union all
    select
        snapshot_date,
        customer_id,
        distinct_categories_90d

    from {{ ref('int_categories_counted_to_learner_snapshot') }}

)

select * from counted

-- Each customer's visits before each snapshot date: everyone's before the run date, and before past
-- dates those of the customers models learn from.

{{ config(materialized='view') }}

with summarised as (

    select
        {{ as_of() }} as snapshot_date,
        customer_id,
        sessions_30d,
        sessions_90d,
        product_views_30d,
        abandoned_carts_30d,
        days_since_last_end as days_since_last_session

    from {{ ref('int_visits_counted_to_customer') }}
    union all
    select * from {{ ref('int_sessions_summarised_to_learner_snapshot') }}

)

select * from summarised

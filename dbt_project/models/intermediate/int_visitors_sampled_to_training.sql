-- Whose the browsers of customers models learn from were, as the newest of the past days knows it
-- that those are described at.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_differing',
        meta={'feeds': [], 'tells': ['customer_id']},
        post_hook="{{ note_built() }}",
    )
}}

with learners as (

    select customer_id from {{ ref('int_customers_sampled_to_training') }}

),

visitors as (

    select * from {{ ref('int_visitors_resolved_to_customer') }}
    where customer_id in (select learners.customer_id from learners)

),

newest as (

    select max(snapshot_date) as newest_date from {{ ref('int_batches_observed_to_snapshot') }}
    where not is_run_date

),

-- What came to be known later is cut off: it would tell of a change where the past has none.
sampled as (

    select
        visitors.visitor_id,
        visitors.customer_id,
        visitors.resolved_at,
        case when visitors.conflicted_at < newest.newest_date then visitors.conflicted_at end
            as conflicted_at

    from visitors
    inner join newest on visitors.resolved_at < newest.newest_date

)

select * from sampled

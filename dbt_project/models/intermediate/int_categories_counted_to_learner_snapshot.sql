-- How many product categories the customers models learn from bought from in the 90 days before
-- each past snapshot date.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='customer_id',
        meta={
            'feeds': [],
            'told_by': {
                'int_order_lines_listed_to_order_category': 'customer_id',
                'int_customers_sampled_to_training': 'customer_id',
            },
        },
        pre_hook="{{ note_touched_learners() }}",
        post_hook="{{ note_built() }}",
    )
}}

with categories_bought as (

    select * from {{ ref('int_order_lines_listed_to_order_category') }}

),

snapshots as (

    select snapshot_date from {{ ref('int_batches_observed_to_snapshot') }}
    where not is_run_date

),

learners as (

    select customer_id from {{ ref('int_customers_sampled_to_training') }}
    where {{ if_touched('customer_id', 'customer_id') }}

),

categories_seen as (

    select
        snapshots.snapshot_date,
        categories_bought.customer_id,
        categories_bought.product_category

    from categories_bought
    inner join learners using (customer_id)
    inner join snapshots
        on
            categories_bought.ordered_date < snapshots.snapshot_date
            and categories_bought.ordered_date
            >= {{ days_before('snapshots.snapshot_date', 90) }}
            and {{ was_known('categories_bought', 'snapshots.snapshot_date') }}

),

counted as (

    select
        snapshot_date,
        customer_id,
        count(distinct product_category) as distinct_categories_90d

    from categories_seen
    group by snapshot_date, customer_id

)

select * from counted

-- How many product categories each customer bought from in the 90 days before each snapshot.

with categories_bought as (

    select * from {{ ref('int_order_lines_listed_to_customer_day_category') }}

),

snapshots as (

    select
        snapshot_date,
        is_run_date

    from {{ ref('int_batches_observed_to_snapshot') }}

),

learners as (

    select
        customer_id,
        true as is_learner

    from {{ ref('int_customers_sampled_to_training') }}

),

counted as (

    select
        snapshots.snapshot_date,
        categories_bought.customer_id,
        count(distinct categories_bought.product_category) as distinct_categories_90d

    from categories_bought
    left join learners using (customer_id)
    inner join snapshots
        on
            categories_bought.ordered_date < snapshots.snapshot_date
            and categories_bought.ordered_date
            >= {{ days_before('snapshots.snapshot_date', 90) }}
            and (snapshots.is_run_date or learners.is_learner)
            and {{ was_known('categories_bought', 'snapshots.snapshot_date') }}
    group by snapshots.snapshot_date, categories_bought.customer_id

)

select * from counted

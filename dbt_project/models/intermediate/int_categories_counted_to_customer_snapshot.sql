-- How many product categories each customer bought from in the 90 days before each snapshot.

with categories_bought as (

    select * from {{ ref('int_order_lines_listed_to_customer_day_category') }}

),

snapshots as (

    select snapshot_date from {{ ref('int_batches_observed_to_snapshot') }}

),

counted as (

    select
        snapshots.snapshot_date,
        categories_bought.customer_id,
        count(distinct categories_bought.product_category) as distinct_categories_90d

    from categories_bought
    inner join snapshots
        on
            categories_bought.ordered_date < snapshots.snapshot_date
            and categories_bought.ordered_date
            >= {{ days_before('snapshots.snapshot_date', 90) }}
    group by snapshots.snapshot_date, categories_bought.customer_id

)

select * from counted

-- How many product categories each customer bought from in the 90 days before each snapshot.

with categories_bought as (

    select * from {{ ref('int_order_lines_listed_to_customer_day_category') }}

),

snapshots as (

    select snapshot_date from {{ ref('int_batches_observed_to_snapshot') }}
    where not is_run_date

),

learners as (

    select customer_id from {{ ref('int_customers_sampled_to_training') }}

),

categories_seen as (

    select
        {{ as_of() }} as snapshot_date,
        customer_id,
        product_category

    from categories_bought
    where
        ordered_date >= {{ days_before(as_of(), 90) }}
        and known_until_at is null
    union all
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

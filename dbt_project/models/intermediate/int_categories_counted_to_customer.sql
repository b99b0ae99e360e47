-- How many product categories each customer bought from in whole weeks before the run date.
-- A view: one mart reads it, once.

{{ config(materialized='view') }}

with categories_bought as (

    select * from {{ ref('int_order_lines_listed_to_customer_day_category') }}
    where
        ordered_date >= {{ days_before(as_of(), 84) }}
        and known_until_at is null

),

counted as (

    select
        customer_id,
        count(distinct product_category) as distinct_categories_84d

    from categories_bought
    group by customer_id

)

select * from counted

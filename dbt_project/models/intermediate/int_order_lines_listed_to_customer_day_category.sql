-- Which product categories each customer bought from on which day: of everyone lately, and of the
-- customers that models learn from always.

with order_lines as (

    select
        customer_id,
        product_id,
        ordered_at::date as ordered_date

    from {{ ref('stg_shop__order_lines') }}
    where
        customer_id is not null
        and quantity > 0

),

learners as (

    select
        customer_id,
        true as is_learner

    from {{ ref('int_customers_sampled_to_training') }}

),

products as (

    select
        product_id,
        product_category

    from {{ ref('stg_shop__products') }}
    where product_category is not null

),

lines_wanted as (

    select
        order_lines.customer_id,
        order_lines.product_id,
        order_lines.ordered_date

    from order_lines
    left join learners using (customer_id)
    where
        learners.is_learner
        or order_lines.ordered_date >= {{ days_before(as_of(), 90) }}

),

categories_bought as (

    select distinct
        lines_wanted.customer_id,
        lines_wanted.ordered_date,
        products.product_category

    from lines_wanted
    inner join products using (product_id)

)

select * from categories_bought

-- Which product categories each customer bought from on which day: of everyone lately, and of the
-- customers that models learn from always.

with order_lines as (

    select
        order_id,
        customer_id,
        product_id,
        ordered_at::date as ordered_date

    from {{ ref('stg_shop__order_lines') }}
    where quantity > 0

),

guests as (

    select * from {{ ref('int_guests_recognised_to_order') }}

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

lines_of_customers as (

    select
        customer_id,
        product_id,
        ordered_date,
        null::timestamp as known_since_at,
        null::timestamp as known_until_at

    from order_lines
    where customer_id is not null
    union all
    select
        guests.customer_id,
        order_lines.product_id,
        order_lines.ordered_date,
        guests.known_since_at,
        guests.known_until_at

    from order_lines
    inner join guests using (order_id)

),

lines_wanted as (

    select lines_of_customers.*
    from lines_of_customers
    left join learners using (customer_id)
    where
        learners.is_learner
        or lines_of_customers.ordered_date >= {{ days_before(as_of(), 90) }}

),

categories_bought as (

    select distinct
        lines_wanted.customer_id,
        lines_wanted.ordered_date,
        products.product_category,
        lines_wanted.known_since_at,
        lines_wanted.known_until_at

    from lines_wanted
    inner join products using (product_id)

)

select * from categories_bought

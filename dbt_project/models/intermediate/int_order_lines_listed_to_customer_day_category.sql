-- Which product categories each customer bought from on which day.

with order_lines as (

    select * from {{ ref('stg_shop__order_lines') }}
    where
        customer_id is not null
        and quantity > 0

),

products as (

    select * from {{ ref('stg_shop__products') }}
    where product_category is not null

),

categories_bought as (

    select distinct
        order_lines.customer_id,
        order_lines.ordered_at::date as ordered_date,
        products.product_category

    from order_lines
    inner join products using (product_id)

)

select * from categories_bought

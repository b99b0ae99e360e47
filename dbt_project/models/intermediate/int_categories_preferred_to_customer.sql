-- The product category each customer bought from on most of the last 90 days.

{{
    config(
        tags=['audiences'],
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='customer_id',
        meta={'feeds': [], 'told_by': {'int_order_lines_listed_to_order_category': 'customer_id'}},
        pre_hook="{{ note_told_or_aged(
            'customer_id', 'int_order_lines_listed_to_order_category', 'ordered_date', [90]
        ) }}",
        post_hook="{{ note_built() }}",
    )
}}

with categories_bought as (

    select * from {{ ref('int_order_lines_listed_to_order_category') }}
    where
        ordered_date >= {{ days_before(as_of(), 90) }}
        and known_until_at is null
        and {{ if_touched('customer_id', 'customer_id') }}

),

counted as (

    select
        customer_id,
        product_category,
        count(distinct ordered_date) as days

    from categories_bought
    group by customer_id, product_category

),

ranked as (

    select
        customer_id,
        product_category as favourite_category,
        row_number() over (
            partition by customer_id
            order by days desc, product_category asc
        ) as place

    from counted

),

preferred as (

    select
        customer_id,
        favourite_category

    from ranked
    where place = 1

)

select * from preferred

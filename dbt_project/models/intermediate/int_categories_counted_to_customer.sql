-- How many product categories each customer bought from before the run date.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='customer_id',
        meta={'feeds': [], 'told_by': {'int_order_lines_listed_to_order_category': 'customer_id'}},
        pre_hook="{{ note_told_or_aged(
            'customer_id', 'int_order_lines_listed_to_order_category', 'ordered_date',
            category_windows()
        ) }}",
        post_hook="{{ note_built() }}",
    )
}}

with categories_bought as (

    select
        customer_id,
        product_category,
        {{ days_between('ordered_date', as_of()) }} as age_days

    from {{ ref('int_order_lines_listed_to_order_category') }}
    where
        known_until_at is null
        and ordered_date >= {{ listed_of_everyone_since() }}
        and {{ if_touched('customer_id', 'customer_id') }}

),

counted as (

    select
        customer_id,
        count(distinct case when age_days <= 84 then product_category end)
            as distinct_categories_84d,
        count(distinct product_category) as distinct_categories_90d

    from categories_bought
    group by customer_id

)

select * from counted

-- The customers whose past the models learn from: everyone, or a fixed sample of a large company.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_differing',
        meta={'feeds': [], 'tells': ['customer_id']},
        post_hook="{{ note_built() }}",
    )
}}

with ordering_customers as (

    select customer_id from {{ ref('int_orders_summarised_to_customer') }}
    union distinct
    -- whoever called off all they ordered had ordered
    select customer_id from {{ ref('int_orders_settled_to_order') }}
    where
        cancelled_at is not null
        and customer_id is not null
        and not is_return
    union distinct
    -- whoever was once thought to have ordered was a customer on the days that thought so
    select customer_id from {{ ref('int_guests_recognised_to_order') }}
    where known_until_at is not null

),

sampled as (

    select customer_id from ordering_customers
    order by md5(customer_id) asc, customer_id asc
    limit {{ var('training_customers') }}

)

select * from sampled

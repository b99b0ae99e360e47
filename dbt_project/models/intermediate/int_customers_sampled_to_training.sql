-- The customers whose past the models learn from: everyone, or a fixed sample of a large company.

with ordering_customers as (

    select customer_id from {{ ref('int_orders_settled_to_order') }}
    where
        customer_id is not null
        and not is_return
    union distinct
    -- whoever was once thought to have ordered was a customer on the days that thought so
    select customer_id from {{ ref('int_guests_recognised_to_order') }}
    where known_until_at is not null

),

in_a_fixed_order as (

    select
        customer_id,
        row_number() over (
            order by md5(customer_id) asc, customer_id asc
        ) as place

    from ordering_customers

),

sampled as (

    select customer_id from in_a_fixed_order
    where place <= {{ var('training_customers') }}

)

select * from sampled

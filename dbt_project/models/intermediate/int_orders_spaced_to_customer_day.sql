-- Days on which customers ordered, and when they had ordered before and would again.

with ordering_days as (

    select
        customer_id,
        ordered_at::date as ordered_date,
        count(*) as orders

    from {{ ref('int_orders_settled_to_order') }}
    where
        customer_id is not null
        and not is_return
        and cancelled_at is null
    group by customer_id, ordered_at::date

),

spaced as (

    select
        customer_id,
        ordered_date,
        orders,
        min(ordered_date) over (partition by customer_id) as first_ordered_date,
        lead(ordered_date) over (
            partition by customer_id
            order by ordered_date
        ) as next_ordered_date

    from ordering_days

)

select * from spaced

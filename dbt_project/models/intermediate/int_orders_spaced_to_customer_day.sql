-- Days on which customers ordered, and when they had ordered before and would again.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='customer_id',
        meta={'feeds': [], 'told_by': {'int_orders_settled_to_order': 'customer_id'}},
        pre_hook="{{ note_told('customer_id') }}",
        post_hook="{{ note_built() }}",
    )
}}

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
        and {{ if_touched('customer_id', 'customer_id') }}
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

-- Orders with the moment they were called off: the one place that knows what became of an order.

{{ config(materialized='view') }}

with orders as (

    select * from {{ ref('int_order_lines_summarised_to_order') }}

),

cancellations as (

    select * from {{ ref('stg_shop__order_cancellations') }}

),

settled as (

    select
        orders.*,
        cancellations.cancelled_at

    from orders
    left join cancellations using (order_id)

)

select * from settled

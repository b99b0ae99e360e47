-- Recency, frequency and monetary value on the run date, and what models of lifetime value ask for.
-- A view: days since an order pass for everyone, and so are counted where they are read.

{{ config(materialized='view') }}

with orders as (

    select * from {{ ref('int_orders_summarised_to_customer') }}

),

measured as (

    select
        customer_id,
        first_order_date,
        last_order_date,
        orders_to_date as frequency_orders,
        monetary_amount,
        {{ days_between('last_order_date', as_of()) }} as recency_days,
        {{ days_between('first_order_date', 'last_order_date') }} as clv_recency_days,
        {{ days_between('first_order_date', as_of()) }} as clv_age_days,
        orders_to_date - 1 as clv_repeat_orders

    from orders

)

select * from measured

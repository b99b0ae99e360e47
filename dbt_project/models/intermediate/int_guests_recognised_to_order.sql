-- Whose the orders of guests are, from when until when: the customer's whose the address left with
-- the order was. An order of nobody known is not here.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_differing',
        meta={'feeds': [], 'tells': ['order_id', 'customer_id']},
        post_hook="{{ note_built() }}",
    )
}}

with guest_orders as (

    select order_id from {{ ref('int_order_lines_summarised_to_order') }}
    where customer_id is null

),

contacts as (

    select
        order_id,
        ordered_at,
        {{ identifier_key("'email'", 'email') }} as identifier_key

    from {{ ref('stg_shop__order_contacts') }}

),

owners as (

    select * from {{ ref('int_identity__owners') }}

),

recognised as (

    select
        guest_orders.order_id,
        owners.customer_id,
        greatest(owners.since_at, contacts.ordered_at) as known_since_at,
        owners.until_at as known_until_at

    from guest_orders
    inner join contacts using (order_id)
    inner join owners using (identifier_key)
    where coalesce(contacts.ordered_at < owners.until_at, true)

)

select * from recognised

-- RFM's money is the orders' money, of the customers who have ordered: nothing lost, nothing twice.

with orders as (

    select
        customer_id,
        sum(order_amount) as amount

    from {{ ref('fct_orders') }}
    where customer_id is not null
    group by customer_id
    having count(*) filter (where order_kind = 'sale') > 0

),

customers as (

    select
        customer_id,
        monetary_amount

    from {{ ref('mart_customer_rfm') }}

),

different as (

    select
        orders.customer_id as ordering_customer_id,
        customers.customer_id as rfm_customer_id

    from orders
    full outer join customers on orders.customer_id = customers.customer_id
    where orders.amount is distinct from customers.monetary_amount

)

select * from different

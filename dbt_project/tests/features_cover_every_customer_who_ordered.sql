-- Scoring forgets nobody: features, RFM and orders know the same customers.

with ordering_customers as (

    select distinct customer_id from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and order_kind = 'sale'

),

rfm as (

    select customer_id from {{ ref('mart_customer_rfm') }}

),

features as (

    select customer_id from {{ ref('mart_customer_features') }}

),

missing_somewhere as (

    select
        ordering_customers.customer_id as ordering_customer_id,
        rfm.customer_id as rfm_customer_id,
        features.customer_id as features_customer_id

    from ordering_customers
    full outer join rfm on ordering_customers.customer_id = rfm.customer_id
    full outer join features on ordering_customers.customer_id = features.customer_id
    where
        ordering_customers.customer_id is null
        or rfm.customer_id is null
        or features.customer_id is null

)

select * from missing_somewhere

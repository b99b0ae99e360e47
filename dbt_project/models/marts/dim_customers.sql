-- Customers: who they are and what they agreed to, as the CRM knew on the run date.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='customer_id',
        meta={'feeds': ['crm.customers'], 'tells': ['customer_id']},
        pre_hook="{{ note_touched_customers() }}",
        post_hook="{{ note_built() }}",
    )
}}

with customers as (

    select * from {{ ref('stg_crm__customers') }}
    where {{ if_touched('customer_id', 'customer_id') }}

)

select * from customers

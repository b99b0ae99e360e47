-- Customers: who they are and what they agreed to, as the CRM knew on the run date.

with customers as (

    select * from {{ ref('stg_crm__customers') }}

)

select * from customers

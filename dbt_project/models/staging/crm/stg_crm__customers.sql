-- Customers as the CRM described them in its newest snapshot delivered by the run date.

with delivered as (

    select * from {{ source('raw_crm', 'customers') }}
    where {{ was_delivered() }}

),

newest_snapshot as (

    select max(_delivered_on) as _delivered_on from delivered

),

customers as (

    select
        delivered.customer_id,
        delivered.email,
        delivered.created_date,
        delivered.marketing_consent,
        delivered.consent_updated_date,
        delivered.age_band,
        delivered.income_band,
        delivered.home_ownership,
        delivered.marital_status,
        delivered.household_size,
        delivered.household_composition,
        delivered.kids_count

    from delivered
    inner join newest_snapshot using (_delivered_on)

)

select * from customers

-- Customers as the CRM described them in its newest snapshot delivered by the run date.

with newest_snapshot as (

    select max(_delivered_on) as delivered_on from {{ source('raw_crm', 'customers') }}
    where {{ was_delivered() }}

),

customers as (

    select
        customer_id,
        email,
        created_date,
        marketing_consent,
        consent_updated_date,
        age_band,
        income_band,
        home_ownership,
        marital_status,
        household_size,
        household_composition,
        kids_count

    from {{ source('raw_crm', 'customers') }}
    -- a condition, not a join with all that was delivered: the older snapshots are never read
    where _delivered_on = (select newest_snapshot.delivered_on from newest_snapshot)

)

select * from customers

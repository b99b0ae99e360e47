-- Which address the CRM had for which customer, in every snapshot delivered by the run date.

with emails as (

    select
        customer_id,
        {{ normalised_email('email') }} as email,
        _batch_id as batch_id,
        _delivered_on as delivered_date

    from {{ source('raw_crm', 'customers') }}
    where
        {{ was_delivered() }}
        and {{ has_email('email') }}

)

select * from emails

-- Which address the CRM had for which customer, over all its snapshots delivered by the run date.

with delivered as (

    select
        customer_id,
        {{ normalised_email('email') }} as email,
        _delivered_on

    from {{ source('raw_crm', 'customers') }}
    where {{ was_delivered() }}

),

emails as (

    select
        customer_id,
        email,
        min(_delivered_on) as first_delivered_date,
        max(_delivered_on) as last_delivered_date

    from delivered
    where email is not null
    group by customer_id, email

)

select * from emails

-- Addresses that buyers left with their orders, known by the run date.

with order_contacts as (

    select
        order_id,
        {{ normalised_email('email') }} as email,
        ordered_at,
        _batch_id as batch_id,
        _delivered_on as delivered_date

    from {{ optional_source('raw_shop', 'order_contacts') }}
    where
        {{ was_delivered() }}
        and ordered_at < {{ as_of() }}
        and {{ has_email('email') }}

)

select * from order_contacts

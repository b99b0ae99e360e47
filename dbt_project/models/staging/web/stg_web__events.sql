-- What visitors did on the web site before the run date.

with events as (

    select
        event_id,
        visitor_id,
        customer_id,
        event_type,
        event_at,
        page_path,
        product_id,
        order_id,
        device_type,
        referrer,
        utm_source,
        utm_medium,
        utm_campaign,
        _batch_id as batch_id,
        _delivered_on as delivered_date

    from {{ optional_source('raw_web', 'events') }}
    where
        {{ was_delivered() }}
        and event_at < {{ as_of() }}

)

select * from events

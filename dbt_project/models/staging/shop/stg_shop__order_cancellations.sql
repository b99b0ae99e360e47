-- Orders that had been called off by the run date.

with order_cancellations as (

    select
        order_id,
        cancelled_at

    from {{ optional_source('raw_shop', 'order_cancellations') }}
    where
        {{ was_delivered() }}
        and cancelled_at < {{ as_of() }}

)

select * from order_cancellations

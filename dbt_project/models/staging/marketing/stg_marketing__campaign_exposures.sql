-- Which customers each campaign, started by the run date, was sent to.

with campaign_exposures as (

    select
        campaign_id,
        customer_id,
        campaign_type,
        started_date,
        ended_date

    from {{ optional_source('raw_marketing', 'campaign_exposures') }}
    where
        {{ was_delivered() }}
        and started_date < {{ as_of() }}

)

select * from campaign_exposures

-- Of the campaigns that ran for a customer lately, how many were answered with a coupon.

with campaign_exposures as (

    select distinct
        customer_id,
        campaign_id

    from {{ ref('stg_marketing__campaign_exposures') }}
    where coalesce(ended_date >= {{ days_before(as_of(), 84) }}, true)

),

coupon_redemptions as (

    select distinct
        customer_id,
        campaign_id,
        true as is_answered

    from {{ ref('stg_marketing__coupon_redemptions') }}
    where redeemed_date >= {{ days_before(as_of(), 84) }}

),

answered as (

    select
        campaign_exposures.customer_id,
        count(*) as campaigns,
        count(coupon_redemptions.is_answered) as campaigns_answered_84d

    from campaign_exposures
    left join coupon_redemptions using (customer_id, campaign_id)
    group by campaign_exposures.customer_id

),

shared as (

    select
        customer_id,
        campaigns_answered_84d,
        {{ ratio('campaigns_answered_84d', 'campaigns') }} as campaign_response_share

    from answered

)

select * from shared

-- Campaigns that ran for each customer, and coupons redeemed, in whole weeks before the run date.

with contacts as (

    select
        customer_id,
        1 as campaigns,
        0 as coupons_redeemed

    from {{ ref('stg_marketing__campaign_exposures') }}
    where coalesce(ended_date >= {{ days_before(as_of(), 84) }}, true)
    union all
    select
        customer_id,
        0 as campaigns,
        1 as coupons_redeemed

    from {{ ref('stg_marketing__coupon_redemptions') }}
    where redeemed_date >= {{ days_before(as_of(), 84) }}

),

counted as (

    select
        customer_id,
        sum(campaigns)::bigint as campaigns_84d,
        sum(coupons_redeemed)::bigint as coupons_redeemed_84d

    from contacts
    group by customer_id

)

select * from counted

-- Coupons customers had redeemed by the run date.

with coupon_redemptions as (

    select
        customer_id,
        coupon_id,
        campaign_id,
        redeemed_date

    from {{ optional_source('raw_marketing', 'coupon_redemptions') }}
    where
        {{ was_delivered() }}
        and redeemed_date < {{ as_of() }}

)

select * from coupon_redemptions

-- Campaigns that ran for, and coupons redeemed by, each customer in the 90 days before a snapshot.

with campaign_exposures as (

    select * from {{ ref('stg_marketing__campaign_exposures') }}

),

coupon_redemptions as (

    select * from {{ ref('stg_marketing__coupon_redemptions') }}

),

snapshots as (

    select
        snapshot_date,
        is_run_date

    from {{ ref('int_batches_observed_to_snapshot') }}

),

learners as (

    select
        customer_id,
        true as is_learner

    from {{ ref('int_customers_sampled_to_training') }}

),

contacts as (

    select
        snapshots.snapshot_date,
        campaign_exposures.customer_id,
        1 as campaigns,
        0 as coupons_redeemed

    from campaign_exposures
    left join learners using (customer_id)
    inner join snapshots
        on
            (snapshots.is_run_date or learners.is_learner)
            and campaign_exposures.started_date < snapshots.snapshot_date
            and coalesce(
                campaign_exposures.ended_date >= {{ days_before('snapshots.snapshot_date', 90) }},
                true
            )
    union all
    select
        snapshots.snapshot_date,
        coupon_redemptions.customer_id,
        0 as campaigns,
        1 as coupons_redeemed

    from coupon_redemptions
    left join learners using (customer_id)
    inner join snapshots
        on
            (snapshots.is_run_date or learners.is_learner)
            and coupon_redemptions.redeemed_date < snapshots.snapshot_date
            and coupon_redemptions.redeemed_date >= {{ days_before('snapshots.snapshot_date', 90) }}

),

summarised as (

    select
        snapshot_date,
        customer_id,
        sum(campaigns)::bigint as campaigns_90d,
        sum(coupons_redeemed)::bigint as coupons_redeemed_90d

    from contacts
    group by snapshot_date, customer_id

)

select * from summarised

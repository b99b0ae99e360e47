-- What every known customer has had to do with us lately; null, not 0, where a feed is missing.
-- A view: one mart reads it, once.

{{ config(materialized='view') }}

with customers as (

    select customer_id from {{ ref('stg_crm__customers') }}
    union distinct
    select customer_id from {{ ref('int_orders_profiled_to_customer') }}

),

visits as (

    select * from {{ ref('int_visits_counted_to_customer') }}

),

campaigns as (

    select * from {{ ref('int_campaigns_counted_to_customer') }}

),

answers as (

    select * from {{ ref('int_campaigns_answered_to_customer') }}

),

profiles as (

    select * from {{ ref('int_orders_profiled_to_customer') }}

),

categories as (

    select * from {{ ref('int_categories_counted_to_customer') }}

),

feeds as (

    select * from {{ ref('int_batches_observed_to_snapshot') }}
    where is_run_date

),

observed as (

    select
        customers.customer_id,
        {%- for count in [
            'sessions_28d', 'sessions_84d', 'page_views_28d', 'product_views_28d',
            'cart_adds_28d', 'abandoned_carts_28d'
        ] %}
        case when feeds.has_web_events then coalesce(visits.{{ count }}, 0) end as {{ count }},
        {%- endfor %}
        case when feeds.has_web_events then visits.days_since_last_start end
            as days_since_last_session,
        case
            when feeds.has_web_events
                then greatest(84 - coalesce(visits.days_since_last_start, 84), 0)
        end as visit_freshness_84d,
        case when feeds.has_campaign_exposures then coalesce(campaigns.campaigns_84d, 0) end
            as campaigns_84d,
        case when feeds.has_coupon_redemptions then coalesce(campaigns.coupons_redeemed_84d, 0) end
            as coupons_redeemed_84d,
        case
            when feeds.has_campaign_exposures and feeds.has_coupon_redemptions
                then coalesce(answers.campaigns_answered_84d, 0)
        end as campaigns_answered_84d,
        case
            when feeds.has_campaign_exposures and feeds.has_coupon_redemptions
                then answers.campaign_response_share
        end as campaign_response_share,
        coalesce(profiles.orders_28d, 0) as orders_28d,
        coalesce(profiles.orders_84d, 0) as orders_84d,
        coalesce(visits.weeks_visited_84d, 0) | coalesce(profiles.weeks_ordered_84d, 0)
            as weeks_seen_84d,
        coalesce(categories.distinct_categories_84d, 0) as distinct_categories_84d,
        profiles.favourite_weekday,
        profiles.favourite_daypart,
        coalesce(profiles.orders_28d_last_year, 0) as orders_28d_last_year

    from customers
    cross join feeds
    left join visits using (customer_id)
    left join campaigns using (customer_id)
    left join answers using (customer_id)
    left join profiles using (customer_id)
    left join categories using (customer_id)

)

select * from observed

-- What each customer did in whole weeks before the run date, so that each weekday counts alike.

with activity as (

    select
        customer_id,
        'order' as kind,
        {{ days_between('ordered_at::date', as_of()) }} as age_days,
        null::bigint as page_views,
        null::bigint as product_views,
        null::bigint as cart_adds,
        false as is_abandoned_cart

    from {{ ref('int_orders_settled_to_order') }}
    where
        not is_return
        and cancelled_at is null
        and ordered_at >= {{ days_before(as_of(), 84) }}
    union all
    select
        customer_id,
        'session' as kind,
        {{ days_between('started_at::date', as_of()) }} as age_days,
        page_views,
        product_views,
        cart_adds,
        is_abandoned_cart

    from {{ ref('int_visits_attributed_to_session') }}
    union all
    select
        customer_id,
        'campaign' as kind,
        greatest({{ days_between('ended_date', as_of()) }}, 1) as age_days,
        null as page_views,
        null as product_views,
        null as cart_adds,
        false as is_abandoned_cart

    from {{ ref('stg_marketing__campaign_exposures') }}
    union all
    select
        customer_id,
        'coupon' as kind,
        {{ days_between('redeemed_date', as_of()) }} as age_days,
        null as page_views,
        null as product_views,
        null as cart_adds,
        false as is_abandoned_cart

    from {{ ref('stg_marketing__coupon_redemptions') }}

),

counted as (

    select
        customer_id,
        count(*) filter (where kind = 'session' and age_days <= 28) as sessions_28d,
        count(*) filter (where kind = 'session' and age_days <= 84) as sessions_84d,
        {%- for views in ['page_views', 'product_views', 'cart_adds'] %}
        coalesce(sum({{ views }}) filter (where age_days <= 28), 0)::bigint as {{ views }}_28d,
        {%- endfor %}
        count(*) filter (where is_abandoned_cart and age_days <= 28) as abandoned_carts_28d,
        min(age_days) filter (where kind = 'session') as days_since_last_session,
        count(*) filter (where kind = 'campaign' and age_days <= 84) as campaigns_84d,
        count(*) filter (where kind = 'coupon' and age_days <= 84) as coupons_redeemed_84d,
        count(*) filter (where kind = 'order' and age_days <= 28) as orders_28d,
        count(*) filter (where kind = 'order' and age_days <= 84) as orders_84d,
        coalesce(
            {{ weeks_seen('age_days') }} filter (
                where age_days <= 84 and kind in ('order', 'session')
            ), 0
        )::bigint as weeks_seen_84d

    from activity
    where customer_id is not null
    group by customer_id

)

select * from counted

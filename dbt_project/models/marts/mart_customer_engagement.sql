-- How much every known customer has had to do with us lately, and one score for it.

with customers as (

    select customer_id from {{ ref('dim_customers') }}
    union distinct
    select customer_id from {{ ref('fct_orders') }}
    where customer_id is not null

),

activity as (

    select * from {{ ref('int_activity_counted_to_customer') }}

),

feeds as (

    select * from {{ ref('int_batches_observed_to_snapshot') }}
    where is_run_date

),

weights as (

    select * from {{ ref('engagement_weights') }}

),

observed as (

    select
        customers.customer_id,
        {%- for count in [
            'sessions_28d', 'sessions_84d', 'page_views_28d', 'product_views_28d',
            'cart_adds_28d', 'abandoned_carts_28d'
        ] %}
        case when feeds.has_web_events then coalesce(activity.{{ count }}, 0) end as {{ count }},
        {%- endfor %}
        case when feeds.has_web_events then activity.days_since_last_session end
            as days_since_last_session,
        case when feeds.has_campaign_exposures then coalesce(activity.campaigns_84d, 0) end
            as campaigns_84d,
        case when feeds.has_coupon_redemptions then coalesce(activity.coupons_redeemed_84d, 0) end
            as coupons_redeemed_84d,
        coalesce(activity.orders_28d, 0) as orders_28d,
        coalesce(activity.orders_84d, 0) as orders_84d,
        case
            when feeds.has_web_events
                then greatest(84 - coalesce(activity.days_since_last_session, 84), 0)
        end as visit_freshness_84d

    from customers
    cross join feeds
    left join activity using (customer_id)

),

components as (

    select
        observed.customer_id,
        weights.weight,
        weights.full_at,
        case weights.component
            {%- for component in engagement_components() %}
            when '{{ component }}' then observed.{{ component }}
            {%- endfor %}
        end as amount

    from observed
    cross join weights

),

scores as (

    select
        customer_id,
        round(
            100 * sum((weight * least(amount, full_at) / full_at)::decimal(18, 6)) / sum(weight)
        )::integer as engagement_score

    from components
    where amount is not null
    group by customer_id

),

engaged as (

    select
        {{ as_of() }} as as_of,
        observed.*,
        scores.engagement_score

    from observed
    inner join scores using (customer_id)

)

select * from engaged

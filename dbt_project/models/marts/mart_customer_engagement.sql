-- How much every known customer has had to do with us lately, and one score for it.

with observed as (

    select * from {{ ref('int_engagement_observed_to_customer') }}

),

email_visits as (

    select
        customer_id,
        count(*) as email_sessions_84d

    from {{ ref('fct_sessions') }}
    where
        channel = 'email'
        and started_at >= {{ days_before(as_of(), 84) }}
    group by customer_id

),

weights as (

    select {{ engagement_terms() }}
    from {{ ref('engagement_weights') }}

),

scored as (

    select
        observed.*,
        {{ engagement_points() }} as points,
        {{ engagement_possible_points() }} as possible_points

    from observed
    cross join weights

),

engaged as (

    select
        {{ as_of() }} as as_of,
        scored.customer_id,
        {%- for column in [
            'sessions_28d', 'sessions_84d', 'page_views_28d', 'product_views_28d',
            'cart_adds_28d', 'abandoned_carts_28d', 'days_since_last_session'
        ] %}
        scored.{{ column }},
        {%- endfor %}
        case
            when scored.sessions_84d is not null then coalesce(email_visits.email_sessions_84d, 0)
        end as email_sessions_84d,
        scored.campaigns_84d,
        scored.coupons_redeemed_84d,
        scored.campaigns_answered_84d,
        scored.campaign_response_share,
        scored.orders_28d,
        scored.orders_84d,
        scored.visit_freshness_84d,
        {{ weeks_counted('scored.weeks_seen_84d') }}::integer as active_weeks_84d,
        {{ weeks_in_a_row('scored.weeks_seen_84d') }}::integer as active_weeks_in_a_row,
        {{ ratio('scored.orders_28d * 3', 'scored.orders_84d') }} as order_trend_84d_ratio,
        {{ ratio('scored.sessions_28d * 3', 'scored.sessions_84d') }} as session_trend_84d_ratio,
        scored.distinct_categories_84d,
        scored.favourite_weekday,
        scored.favourite_daypart,
        scored.orders_28d_last_year,
        round(100 * scored.points / scored.possible_points)::integer as engagement_score

    from scored
    left join email_visits using (customer_id)

)

select * from engaged

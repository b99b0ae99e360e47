"""Engagement, by hand: what each customer did, was sent and is used to, and the score."""

# What each customer did in the 84 days before; weeks are bits, the week before the day is bit 0.
ACTIVITY = """
CREATE TABLE activity AS
WITH done AS (
    SELECT customer_id, {day} - ordered_at::date AS age, 'order' AS kind, 0 AS pages, 0 AS views,
        0 AS adds, false AS leaves, false AS mailed
    FROM orders WHERE NOT is_return AND ordered_at >= {day} - 84
    UNION ALL
    SELECT customer_id, {day} - started_at::date, 'visit', page_views, product_views, cart_adds,
        is_abandoned_cart, channel = 'email' FROM sessions
)
SELECT customer_id,
    count(*) FILTER (kind = 'visit' AND age <= 28) AS sessions_28d,
    count(*) FILTER (kind = 'visit' AND age <= 84) AS sessions_84d,
    coalesce(sum(pages) FILTER (age <= 28), 0)::bigint AS page_views_28d,
    coalesce(sum(views) FILTER (age <= 28), 0)::bigint AS product_views_28d,
    coalesce(sum(adds) FILTER (age <= 28), 0)::bigint AS cart_adds_28d,
    count(*) FILTER (leaves AND age <= 28) AS abandoned_carts_28d,
    min(age) FILTER (kind = 'visit') AS days_since_last_session,
    count(*) FILTER (mailed AND age <= 84) AS email_sessions_84d,
    count(*) FILTER (kind = 'order' AND age <= 28) AS orders_28d,
    count(*) FILTER (kind = 'order' AND age <= 84) AS orders_84d,
    coalesce(bit_or(1::bigint << ((age - 1) // 7)::integer) FILTER (age <= 84), 0) AS weeks
FROM done WHERE customer_id IS NOT NULL GROUP BY customer_id
"""

CAMPAIGNS = """
CREATE TABLE campaigns AS
WITH sent AS (
    SELECT customer_id, campaign_id, ended_date FROM raw.raw_marketing.campaign_exposures
    WHERE started_date < {day} AND _delivered_on <= {day}
), redeemed AS (
    SELECT customer_id, campaign_id FROM raw.raw_marketing.coupon_redemptions
    WHERE redeemed_date < {day} AND redeemed_date >= {day} - 84 AND _delivered_on <= {day}
), answered AS (
    SELECT customer_id, count(*) AS ran, count(r.campaign_id) AS answered
    FROM (SELECT DISTINCT customer_id, campaign_id FROM sent
        WHERE ended_date >= {day} - 84 OR ended_date IS NULL)
    LEFT JOIN (SELECT DISTINCT * FROM redeemed) AS r USING (customer_id, campaign_id)
    GROUP BY customer_id
), counted AS (
    SELECT customer_id, count(*) FILTER (greatest({day} - ended_date, 1) <= 84) AS campaigns_84d
    FROM sent GROUP BY customer_id
), coupons AS (SELECT customer_id, count(*) AS coupons_redeemed_84d FROM redeemed GROUP BY ALL)
SELECT customer_id, campaigns_84d, coupons_redeemed_84d, answered AS campaigns_answered_84d,
    (answered / nullif(ran, 0))::decimal(18, 6) AS campaign_response_share
FROM counted FULL JOIN coupons USING (customer_id) LEFT JOIN answered USING (customer_id)
"""

HABITS = """
CREATE TABLE habits AS
WITH counted AS (
    SELECT customer_id, {weekdays},
        count(*) FILTER (hour(ordered_at) < 6) AS night,
        count(*) FILTER (hour(ordered_at) BETWEEN 6 AND 11) AS morning,
        count(*) FILTER (hour(ordered_at) BETWEEN 12 AND 17) AS afternoon,
        count(*) FILTER (hour(ordered_at) >= 18) AS evening,
        count(*) FILTER ({day} - ordered_at::date BETWEEN 337 AND 364) AS orders_28d_last_year
    FROM orders WHERE customer_id IS NOT NULL AND NOT is_return AND ordered_at >= {day} - 365
    GROUP BY customer_id
), bought AS (
    SELECT coalesce(order_lines.customer_id, guests.customer_id) AS customer_id,
        count(DISTINCT product_category) AS distinct_categories_84d
    FROM raw.raw_shop.order_lines JOIN raw.raw_shop.products AS p USING (product_id)
    LEFT JOIN guests USING (order_id)
    WHERE coalesce(order_lines.customer_id, guests.customer_id) IS NOT NULL AND quantity > 0
        AND ordered_at >= {day} - 84 AND ordered_at < {day} AND order_lines._delivered_on <= {day}
        AND p._delivered_on = (SELECT max(_delivered_on) FROM raw.raw_shop.products
            WHERE _delivered_on <= {day})
    GROUP BY ALL
)
SELECT customer_id, distinct_categories_84d, orders_28d_last_year,
    CASE greatest({d}) {favourite} END AS favourite_weekday,
    CASE greatest(night, morning, afternoon, evening) WHEN morning THEN 'morning'
        WHEN afternoon THEN 'afternoon' WHEN evening THEN 'evening' WHEN night THEN 'night' END
        AS favourite_daypart
FROM counted FULL JOIN bought USING (customer_id)
"""

ENGAGEMENT = """
CREATE TABLE engagement AS
WITH everybody AS (
    SELECT customer_id FROM raw.raw_crm.customers WHERE _delivered_on =
        (SELECT max(_delivered_on) FROM raw.raw_crm.customers WHERE _delivered_on <= {day})
    UNION SELECT customer_id FROM raw.raw_shop.order_lines
    WHERE customer_id IS NOT NULL AND ordered_at < {day} AND _delivered_on <= {day}
    UNION SELECT customer_id FROM guests
), seen AS (
    SELECT customer_id, {zeros},
        a.days_since_last_session, coalesce(a.weeks, 0) AS weeks, c.campaign_response_share,
        h.favourite_weekday, h.favourite_daypart,
        greatest(84 - coalesce(a.days_since_last_session, 84), 0) AS visit_freshness_84d
    FROM everybody LEFT JOIN activity AS a USING (customer_id)
    LEFT JOIN campaigns AS c USING (customer_id) LEFT JOIN habits AS h USING (customer_id)
), weights AS (
    SELECT {weights} FROM read_csv({seeds} || '/engagement_weights.csv')
)
SELECT {day} AS as_of, customer_id, sessions_28d, sessions_84d, page_views_28d,
    product_views_28d, cart_adds_28d, abandoned_carts_28d, days_since_last_session,
    email_sessions_84d, campaigns_84d, coupons_redeemed_84d, campaigns_answered_84d,
    campaign_response_share, orders_28d, orders_84d, visit_freshness_84d,
    bit_count(weeks)::integer AS active_weeks_84d,
    CASE {streak} ELSE 12 END::integer AS active_weeks_in_a_row,
    (orders_28d * 3 / nullif(orders_84d, 0))::decimal(18, 6) AS order_trend_84d_ratio,
    (sessions_28d * 3 / nullif(sessions_84d, 0))::decimal(18, 6) AS session_trend_84d_ratio,
    distinct_categories_84d, favourite_weekday, favourite_daypart, orders_28d_last_year,
    round(100 * ({points}) / ({possible}))::integer AS engagement_score
FROM seen CROSS JOIN weights
"""

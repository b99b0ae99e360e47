"""The script an engineer would write by hand for visits, RFM and engagement, without dbt.

DuckDB SQL over the same raw tables, narrow and in as few passes as we could find. Its tables have
the marts' columns, and the benchmark holds their digests equal before it prints any ratio. The
constants are those of `dbt_project.yml`; where the two drift apart the digests say so.
"""

from datetime import date
from pathlib import Path

GAP, BOT_EVENTS, BOT_PACE, MOST_LINKS = 1_800, 60, 3, 20
WEEKS = range(12)
COMPONENTS = (
    "orders_28d",
    "orders_84d",
    "visit_freshness_84d",
    "sessions_28d",
    "product_views_28d",
    "cart_adds_28d",
    "coupons_redeemed_84d",
)

ORDERS = """
CREATE TABLE orders AS
WITH summed AS (
    SELECT order_id, min(customer_id) AS customer_id, min(ordered_at) AS ordered_at,
        bool_and(quantity < 0 OR sales_amount < 0) AS is_return, sum(sales_amount) AS amount
    FROM raw.raw_shop.order_lines WHERE ordered_at < {day} AND _delivered_on <= {day}
    GROUP BY order_id
)
SELECT * FROM summed ANTI JOIN raw.raw_shop.order_cancellations AS c
    ON summed.order_id = c.order_id AND c.cancelled_at < {day} AND c._delivered_on <= {day}
"""

RFM = """
CREATE TABLE rfm AS
WITH measured AS (
    SELECT customer_id,
        min(ordered_at::date) FILTER (NOT is_return) AS first_order_date,
        max(ordered_at::date) FILTER (NOT is_return) AS last_order_date,
        count(*) FILTER (NOT is_return) AS frequency_orders,
        sum(amount)::decimal(18, 2) AS monetary_amount
    FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id HAVING frequency_orders > 0
), scored AS (
    SELECT *, {day} - last_order_date AS recency_days,
        ntile(5) OVER (ORDER BY {day} - last_order_date DESC, customer_id) AS recency_score,
        ntile(5) OVER (ORDER BY frequency_orders, customer_id) AS frequency_score,
        ntile(5) OVER (ORDER BY monetary_amount, customer_id) AS monetary_score
    FROM measured
), valued AS (
    SELECT *, ceil((frequency_score + monetary_score) / 2.0)::bigint AS value_score FROM scored
)
SELECT {day} AS as_of, customer_id, recency_days, frequency_orders, monetary_amount,
    recency_score, frequency_score, monetary_score, value_score,
    recency_score || '' || frequency_score || monetary_score AS rfm_cell, rfm_segment,
    first_order_date, last_order_date, last_order_date - first_order_date AS clv_recency_days,
    {day} - first_order_date AS clv_age_days, frequency_orders - 1 AS clv_repeat_orders
FROM valued LEFT JOIN read_csv({seeds} || '/rfm_segments.csv') AS s
    ON recency_score BETWEEN s.recency_score_from AND s.recency_score_to
    AND value_score BETWEEN s.value_score_from AND s.value_score_to
"""

# What the web site and addresses prove: a visitor's logins and orders, addresses given on a
# browser, and the customers' own. A decision of ours outweighs both.
LINKS = """
CREATE TABLE evidence AS
SELECT DISTINCT visitor_id, customer_id, CASE WHEN event_type = 'purchase' THEN order_id END
    AS order_id
FROM raw.raw_web.events WHERE event_at < {day} AND _delivered_on <= {day}
    AND (customer_id IS NOT NULL OR (event_type = 'purchase' AND order_id IS NOT NULL));
CREATE TABLE buyers AS
SELECT order_id, min(customer_id) AS customer_id FROM raw.raw_shop.order_lines
WHERE customer_id IS NOT NULL AND ordered_at < {day} AND _delivered_on <= {day}
GROUP BY order_id;
CREATE TABLE contacts AS
SELECT order_id, lower(trim(email)) AS email FROM raw.raw_shop.order_contacts
WHERE ordered_at < {day} AND _delivered_on <= {day};
CREATE TABLE refuted AS
SELECT identifier_type, identifier, customer_id FROM raw.raw_crm.identity_corrections
WHERE decided_at < {day} AND _delivered_on <= {day}
GROUP BY ALL HAVING arg_max(decision, decided_at) = 'separate';
CREATE TABLE sure AS
WITH own AS (
    SELECT visitor_id, customer_id FROM evidence WHERE customer_id IS NOT NULL
    UNION SELECT visitor_id, b.customer_id FROM evidence JOIN buyers AS b USING (order_id)
)
SELECT * FROM own ANTI JOIN refuted AS r ON r.identifier_type = 'visitor'
    AND own.visitor_id = r.identifier AND own.customer_id = r.customer_id;
CREATE TABLE told AS
SELECT visitor_id, email FROM
    (SELECT DISTINCT visitor_id, email FROM evidence JOIN contacts USING (order_id))
QUALIFY count(*) OVER (PARTITION BY visitor_id) <= {most_links}
    AND count(*) OVER (PARTITION BY email) <= {most_links};
CREATE TABLE addresses AS
WITH own AS (
    SELECT lower(trim(email)) AS email, customer_id FROM raw.raw_crm.customers
    WHERE _delivered_on <= {day}
    UNION SELECT email, customer_id FROM contacts JOIN buyers USING (order_id)
)
SELECT * FROM own ANTI JOIN refuted AS r ON r.identifier_type = 'email'
    AND own.email = r.identifier AND own.customer_id = r.customer_id
"""

# A visitor is the one customer who logged in or bought there; where nobody did, the one customer
# whom the addresses given there lead to.
OWNERS = """
CREATE TABLE owners AS
WITH RECURSIVE strangers AS (
    SELECT visitor_id FROM evidence ANTI JOIN sure USING (visitor_id)
), walk AS (
    SELECT DISTINCT visitor_id AS origin, visitor_id FROM strangers
    UNION
    SELECT origin, b.visitor_id FROM walk JOIN told AS a USING (visitor_id)
        JOIN told AS b ON a.email = b.email
), led AS (
    SELECT origin AS visitor_id, customer_id FROM walk JOIN sure USING (visitor_id)
    UNION
    SELECT origin, customer_id FROM walk JOIN told USING (visitor_id) JOIN addresses USING (email)
), found AS (
    SELECT * FROM sure UNION ALL
    SELECT led.* FROM led ANTI JOIN refuted AS r ON r.identifier_type = 'visitor'
        AND led.visitor_id = r.identifier AND led.customer_id = r.customer_id
)
SELECT visitor_id, min(customer_id) AS customer_id FROM found GROUP BY visitor_id
HAVING count(*) = 1
"""

# A guest's order is the one customer's whose the address is; of an address that is nobody's, the
# one customer's to whom the browsers lead on which it was given.
GUESTS = """
CREATE TABLE guests AS
WITH RECURSIVE asked AS (
    SELECT order_id, email FROM contacts SEMI JOIN raw.raw_shop.order_lines AS l
        ON contacts.order_id = l.order_id AND l.customer_id IS NULL
        AND l.ordered_at < {day} AND l._delivered_on <= {day}
), walk AS (
    SELECT email AS origin, visitor_id FROM asked ANTI JOIN addresses USING (email)
        JOIN told USING (email)
    UNION
    SELECT origin, b.visitor_id FROM walk JOIN told AS a USING (visitor_id)
        JOIN told AS b ON a.email = b.email
), led AS (
    SELECT origin AS email, customer_id FROM walk JOIN sure USING (visitor_id)
    UNION
    SELECT origin, customer_id FROM walk JOIN told USING (visitor_id) JOIN addresses USING (email)
), found AS (
    SELECT addresses.* FROM addresses SEMI JOIN asked USING (email) UNION ALL
    SELECT led.* FROM led ANTI JOIN refuted AS r ON r.identifier_type = 'email'
        AND led.email = r.identifier AND led.customer_id = r.customer_id
), known AS (
    SELECT email, min(customer_id) AS customer_id FROM found GROUP BY email HAVING count(*) = 1
)
SELECT order_id, customer_id FROM asked JOIN known USING (email);
UPDATE orders SET customer_id = guests.customer_id FROM guests
WHERE orders.order_id = guests.order_id
"""

VISITS = """
CREATE TABLE visits AS
WITH stretches AS (
    SELECT visitor_id, event_at::date AS day, epoch_us(event_at) // {gap_us} AS stretch,
        min(event_at) AS first_at, max(event_at) AS last_at, count(*) AS events,
        count(*) FILTER (event_type = 'page_view') AS page_views,
        count(*) FILTER (event_type = 'product_view') AS product_views,
        count(*) FILTER (event_type = 'search') AS searches,
        count(*) FILTER (event_type = 'add_to_cart') AS cart_adds,
        count(*) FILTER (event_type = 'checkout') AS checkouts,
        count(*) FILTER (event_type = 'purchase') AS purchases,
        arg_min({{'page': page_path, 'device': device_type, 'referrer': referrer,
            'source': utm_source, 'medium': utm_medium, 'campaign': utm_campaign}},
            {turn}) AS origin,
        arg_max(page_path, {turn}) AS exit_page,
        min(_delivered_on) AS first_delivered, max(_delivered_on) AS last_delivered
    FROM raw.raw_web.events WHERE event_at < {day} AND _delivered_on <= {day}
    GROUP BY ALL
), starts AS (
    SELECT *,
        CASE WHEN coalesce(epoch_us(first_at) - lag(epoch_us(last_at)) OVER w > {gap_us}, true)
            THEN epoch_us(first_at) // 1000000 END AS start
    FROM stretches WINDOW w AS (PARTITION BY visitor_id ORDER BY stretch)
), numbered AS (
    SELECT *, max(start) OVER (PARTITION BY visitor_id ORDER BY stretch) AS session_second
    FROM starts
), days AS (
    SELECT visitor_id, session_second, day, min(first_at) AS first_at, max(last_at) AS last_at,
        sum(events) AS events, sum(page_views) AS page_views, sum(product_views) AS product_views,
        sum(searches) AS searches, sum(cart_adds) AS cart_adds, sum(checkouts) AS checkouts,
        sum(purchases) AS purchases, arg_min(origin, stretch) AS origin,
        arg_max(exit_page, stretch) AS exit_page, min(first_delivered) AS first_delivered,
        max(last_delivered) AS last_delivered
    FROM numbered GROUP BY ALL
), whole AS (
    SELECT visitor_id, session_second, min(first_at) AS started_at, max(last_at) AS ended_at,
        sum(events)::bigint AS events, sum(page_views)::bigint AS page_views,
        sum(product_views)::bigint AS product_views, sum(searches)::bigint AS searches,
        sum(cart_adds)::bigint AS cart_adds, sum(checkouts)::bigint AS checkouts,
        sum(purchases)::bigint AS purchases, arg_min(origin, day) AS origin,
        arg_max(exit_page, day) AS exit_page, min(first_delivered) AS first_delivered,
        max(last_delivered) AS last_delivered,
        bool_or(events >= {bot_events} AND epoch_us(last_at) // 1000000
            - epoch_us(first_at) // 1000000 < {bot_pace} * events) AS is_bot
    FROM days GROUP BY ALL
)
SELECT * FROM whole WHERE NOT is_bot
"""

SESSIONS = """
CREATE TABLE sessions AS
WITH named AS (
    SELECT *, lower(origin.medium) AS tag,
        nullif(lower(split_part(origin.referrer, '/', 3)), '') AS host
    FROM visits
), hosts AS (
    SELECT host, min(channel) AS channel, min(medium) AS medium
    FROM (SELECT DISTINCT host FROM named)
    JOIN read_csv({seeds} || '/channels_by_referrer.csv') AS r
        ON host LIKE '%' || r.host_part || '%'
    GROUP BY host
)
SELECT visitor_id || '-' || session_second AS session_id, visitor_id, o.customer_id, started_at,
    ended_at, epoch_us(ended_at) // 1000000 - epoch_us(started_at) // 1000000 AS duration_seconds,
    events AS event_count, page_views, product_views, searches, cart_adds, purchases,
    events = 1 AS is_bounce, checkouts > 0 AS has_checkout, purchases > 0 AS has_purchase,
    cart_adds > 0 AND purchases = 0 AS is_abandoned_cart, origin.page AS entry_page, exit_page,
    origin.device AS device_type,
    CASE WHEN tag IS NOT NULL THEN coalesce(m.channel, 'other')
        WHEN origin.referrer IS NOT NULL THEN coalesce(h.channel, 'referral')
        ELSE 'direct' END AS channel,
    coalesce(origin.source, host, 'direct') AS source_name,
    CASE WHEN tag IS NOT NULL THEN tag
        WHEN origin.referrer IS NOT NULL THEN coalesce(h.medium, 'referral')
        ELSE 'none' END AS medium,
    origin.source AS utm_source, origin.medium AS utm_medium, origin.campaign AS utm_campaign,
    first_delivered AS first_delivered_date, last_delivered AS last_delivered_date
FROM named LEFT JOIN owners AS o USING (visitor_id)
LEFT JOIN read_csv({seeds} || '/channels_by_medium.csv') AS m ON tag = m.utm_medium
LEFT JOIN hosts AS h USING (host)
"""

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

_ZEROS = {
    "a": (
        *("sessions_28d", "sessions_84d", "page_views_28d", "product_views_28d", "cart_adds_28d"),
        *("abandoned_carts_28d", "email_sessions_84d", "orders_28d", "orders_84d"),
    ),
    "c": ("campaigns_84d", "coupons_redeemed_84d", "campaigns_answered_84d"),
    "h": ("distinct_categories_84d", "orders_28d_last_year"),
}


def script(as_of: date, seeds: Path) -> list[str]:
    """Return the statements, in order; the raw file is attached as ``raw``."""
    zeros = [f"coalesce({t}.{c}, 0) AS {c}" for t, columns in _ZEROS.items() for c in columns]
    points = [
        f"({c}_weight * least({c}, {c}_full_at) / {c}_full_at)::decimal(18, 6)" for c in COMPONENTS
    ]
    parts = {
        "day": f"DATE '{as_of}'",
        "seeds": f"'{seeds}'",
        "gap_us": GAP * 1_000_000,
        "turn": "epoch_us(event_at)::hugeint * 18446744073709551616 + hash(event_id)",
        "most_links": MOST_LINKS,
        "bot_events": BOT_EVENTS,
        "bot_pace": BOT_PACE,
        "weekdays": ", ".join(
            f"count(*) FILTER (isodow(ordered_at) = {day}) AS d{day}" for day in range(1, 8)
        ),
        "d": ", ".join(f"d{day}" for day in range(1, 8)),
        "favourite": " ".join(f"WHEN d{day} THEN {day}" for day in range(1, 8)),
        "zeros": ", ".join(zeros),
        "weights": ", ".join(
            f"max({what}) FILTER (component = '{c}') AS {c}_{what}"
            for c in COMPONENTS
            for what in ("weight", "full_at")
        ),
        "streak": " ".join(
            f"WHEN weeks % {2 ** (w + 1)} <> {2 ** (w + 1) - 1} THEN {w}" for w in WEEKS
        ),
        "points": " + ".join(points),
        "possible": " + ".join(f"{c}_weight" for c in COMPONENTS),
    }
    who = (ORDERS, LINKS, OWNERS, GUESTS)
    steps = (*who, RFM, VISITS, SESSIONS, ACTIVITY, CAMPAIGNS, HABITS, ENGAGEMENT)
    return [step.format(**parts) for step in steps]

"""Visits and sessions, by hand: stretches of half hours, visits of several of them, then channels.

A visit goes on from a stretch only into the next one, so a join finds the few that do; every other
stretch is a whole visit, and neither sorted nor grouped again.
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
        arg_min({origin}, {turn}) AS origin,
        arg_max(page_path, {turn}) AS exit_page,
        min(_delivered_on) AS first_delivered, max(_delivered_on) AS last_delivered
    FROM raw.raw_web.events WHERE event_at < {day} AND _delivered_on <= {day}
    GROUP BY ALL
), timed AS (
    SELECT visitor_id, stretch, epoch_us(first_at) AS first_us, epoch_us(last_at) AS last_us
    FROM stretches
), pairs AS (
    SELECT a.visitor_id, a.stretch, a.first_us, b.stretch AS next_stretch, b.first_us AS next_us
    FROM timed AS a JOIN timed AS b ON a.visitor_id = b.visitor_id AND a.stretch + 1 = b.stretch
        AND b.first_us - a.last_us <= {gap_us}
), sides AS (
    SELECT visitor_id, stretch, first_us, false AS goes_on FROM pairs
    UNION ALL SELECT visitor_id, next_stretch, next_us, true FROM pairs
), parts AS (
    SELECT visitor_id, stretch, max(CASE WHEN NOT max(goes_on) THEN first_us // 1000000 END)
        OVER (PARTITION BY visitor_id ORDER BY stretch) AS session_second
    FROM sides GROUP BY visitor_id, stretch, first_us
), days AS (
    SELECT visitor_id, session_second, day, min(first_at) AS first_at, max(last_at) AS last_at,
        sum(events) AS events, sum(page_views) AS page_views, sum(product_views) AS product_views,
        sum(searches) AS searches, sum(cart_adds) AS cart_adds, sum(checkouts) AS checkouts,
        sum(purchases) AS purchases, arg_min(origin, stretch) AS origin,
        arg_max(exit_page, stretch) AS exit_page, min(first_delivered) AS first_delivered,
        max(last_delivered) AS last_delivered
    FROM stretches JOIN parts USING (visitor_id, stretch) GROUP BY ALL
), whole AS (
    SELECT visitor_id, epoch_us(first_at) // 1000000 AS session_second, first_at AS started_at,
        last_at AS ended_at, events, page_views, product_views, searches, cart_adds, checkouts,
        purchases, origin, exit_page, first_delivered, last_delivered, {is_bot} AS is_bot
    FROM stretches ANTI JOIN parts USING (visitor_id, stretch)
    UNION ALL
    SELECT visitor_id, session_second, min(first_at) AS started_at, max(last_at) AS ended_at,
        sum(events)::bigint AS events, sum(page_views)::bigint AS page_views,
        sum(product_views)::bigint AS product_views, sum(searches)::bigint AS searches,
        sum(cart_adds)::bigint AS cart_adds, sum(checkouts)::bigint AS checkouts,
        sum(purchases)::bigint AS purchases, arg_min(origin, day) AS origin,
        arg_max(exit_page, day) AS exit_page, min(first_delivered) AS first_delivered,
        max(last_delivered) AS last_delivered, bool_or({is_bot}) AS is_bot
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

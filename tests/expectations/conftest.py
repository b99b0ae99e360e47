"""A day's raw tables and marts, as small as the suites allow, for tests to break."""

from collections.abc import Callable
from pathlib import Path

import pytest

from include.settings import Settings
from include.warehouse import connect

Change = Callable[[str], None]

RAW = """
CREATE SCHEMA raw_crm; CREATE SCHEMA raw_shop; CREATE SCHEMA raw_marketing; CREATE SCHEMA raw_web;
CREATE TABLE raw_crm.customers AS
SELECT
    'customer-' || n AS customer_id,
    'customer-' || n || '@example.com' AS email,
    DATE '2025-01-01' AS created_date,
    n % 5 <> 0 AS marketing_consent,
    _delivered_on
FROM range(20) AS customers(n),
    (VALUES (DATE '2025-02-01'), (DATE '2025-03-01')) AS snapshots(_delivered_on);
CREATE TABLE raw_shop.order_lines AS
SELECT
    'order-' || n AS order_id,
    'milk' AS product_id,
    'customer-' || n % 20 AS customer_id,
    2.50::decimal(18, 2) AS sales_amount,
    TIMESTAMP '2025-03-09 23:59:59' - n % 30 * INTERVAL 1 DAY AS ordered_at,
    DATE '2025-03-10' AS _delivered_on
FROM range(300) AS lines(n);
CREATE TABLE raw_shop.products AS
SELECT 'milk' AS product_id, 'DAIRY' AS product_category, 'National' AS brand,
    DATE '2025-02-01' AS _delivered_on;
CREATE TABLE raw_shop.order_cancellations (
    order_id varchar, cancelled_at timestamp, _delivered_on date
);
CREATE TABLE raw_shop.order_contacts (
    order_id varchar, email varchar, ordered_at timestamp, _delivered_on date
);
CREATE TABLE raw_crm.identity_corrections (
    customer_id varchar, decided_at timestamp, _delivered_on date
);
CREATE TABLE raw_marketing.campaign_exposures (
    campaign_id varchar, customer_id varchar, started_date date, ended_date date,
    _delivered_on date
);
CREATE TABLE raw_marketing.coupon_redemptions (
    customer_id varchar, campaign_id varchar, redeemed_date date, _delivered_on date
);
CREATE TABLE raw_web.events (
    customer_id varchar, event_type varchar, event_at timestamp, order_id varchar,
    _delivered_on date
);
CREATE SCHEMA ops;
CREATE TABLE ops.batches AS
SELECT 'newest' AS batch_id, 'shop' AS source, 'order_lines' AS entity,
    DATE '2025-03-10' AS delivered_on, 'landed' AS status, 303 AS rows_delivered;
CREATE TABLE ops.quarantined_rows AS
SELECT 'newest' AS batch_id, 'shop' AS source, 'order_lines' AS entity,
    CASE WHEN n > 3 THEN 'key' END AS held
FROM range(1, 100) AS rows(n);
"""

MARTS = """
CREATE SCHEMA marts;
CREATE TABLE marts.dim_customers AS
SELECT 'customer-' || n AS customer_id, n % 5 <> 0 AS marketing_consent
FROM range(20) AS customers(n);
CREATE TABLE marts.fct_orders AS
SELECT 'order-' || n AS order_id, 'customer-' || n % 20 AS customer_id,
    2.50::decimal(18, 2) AS order_amount, 'sale' AS order_kind,
    TIMESTAMP '2025-03-09 23:59:59' - n * INTERVAL 1 HOUR AS ordered_at
FROM range(300) AS orders(n);
CREATE TABLE marts.fct_sessions (
    session_id varchar, started_at timestamp, duration_seconds bigint, is_abandoned_cart boolean
);
CREATE TABLE marts.fct_carts (
    session_id varchar, filled_at timestamp, item_count bigint, unpriced_items bigint,
    is_abandoned boolean
);
CREATE TABLE marts.dim_identities AS
SELECT 'customer' AS identifier_type, 'customer-' || n AS identifier,
    'customer-' || n AS customer_id, 'resolved' AS status, true AS is_current
FROM range(20) AS customers(n);
CREATE TABLE marts.mart_customer_rfm AS
SELECT DATE '2025-03-10' AS as_of, 'customer-' || n AS customer_id, 1 + n AS recency_days,
    5 - n // 4 AS recency_score, 'Champions' AS rfm_segment
FROM range(20) AS customers(n);
CREATE TABLE marts.mart_customer_engagement AS
SELECT DATE '2025-03-10' AS as_of, 'customer-' || n AS customer_id, n::integer AS engagement_score
FROM range(20) AS customers(n);
CREATE TABLE marts.mart_customer_features AS
SELECT DATE '2025-03-10' AS as_of, 'customer-' || n AS customer_id, 1 + n AS recency_days,
    1 AS orders_30d, 2 AS orders_90d, 3 AS orders_365d,
    NULL::bigint AS sessions_30d, NULL::bigint AS sessions_90d,
    0.5::decimal(9, 6) AS discount_share, 0.0::decimal(9, 6) AS coupon_share,
    1.0::decimal(9, 6) AS private_label_share, NULL::decimal(9, 6) AS weekend_share
FROM range(20) AS customers(n);
CREATE TABLE marts.mart_churn_training AS
SELECT snapshot_date, 'customer-' || n AS customer_id, 1 + n AS recency_days,
    n % 3 = 0 AS has_churned
FROM range(20) AS customers(n),
    (VALUES (DATE '2025-01-01'), (DATE '2025-02-01')) AS t(snapshot_date);
CREATE TABLE marts.mart_purchase_training AS
SELECT snapshot_date, customer_id, recency_days, NOT has_churned AS has_ordered_30d
FROM marts.mart_churn_training;
CREATE TABLE marts.mart_customer_rfm_history AS
SELECT snapshot_date, customer_id FROM marts.mart_customer_rfm,
    (VALUES (DATE '2025-03-01'), (DATE '2025-03-10')) AS t(snapshot_date);
CREATE TABLE marts.mart_day_kpis AS
SELECT DATE '2025-03-09' AS day_date, 3::bigint AS customers, 1::bigint AS new_customers,
    5::bigint AS active_customers_28d, 7.50::decimal(18, 2) AS revenue_amount;
CREATE TABLE marts.mart_cohort_retention AS
SELECT 0 AS months_since_first, 20::bigint AS customers, 20::bigint AS cohort_customers;
"""

SCORED = """
CREATE SCHEMA ml;
CREATE TABLE ml.customer_segments AS
SELECT as_of, customer_id, 'S' || 1 + n % 4 AS segment_id, 0.9::decimal(6, 4) AS strength,
    DATE '2025-03-09' AS since_date, 'v' || as_of AS model_version
FROM (
    SELECT customer_id, row_number() OVER (ORDER BY customer_id) AS n
    FROM marts.mart_customer_features
), (VALUES (DATE '2025-03-09'), (DATE '2025-03-10')) AS t(as_of);
CREATE TABLE ml.customer_churn_scores AS
SELECT s.as_of, customer_id, (recency_days / 25)::decimal(9, 6) AS churn_score,
    CASE WHEN recency_days > 15 THEN 'high' WHEN recency_days > 5 THEN 'medium' ELSE 'low' END
        AS churn_risk,
    model_version
FROM ml.customer_segments AS s JOIN marts.mart_customer_features USING (customer_id);
CREATE TABLE marts.mart_customer_360 AS
SELECT DATE '2025-03-10' AS as_of, customer_id, true AS has_ordered, segment_id,
    marketing_consent
FROM marts.dim_customers JOIN ml.customer_segments AS s USING (customer_id)
WHERE s.as_of = DATE '2025-03-10';
CREATE TABLE marts.mart_segment_kpis AS
SELECT as_of, segmentation, count(*) AS customers
FROM marts.mart_customer_360, (VALUES ('rfm'), ('behaviour')) AS t(segmentation)
GROUP BY as_of, segmentation;
CREATE TABLE marts.mart_segment_day_kpis AS
SELECT DATE '2025-03-09' AS day_date, segmentation, 7.50::decimal(18, 2) AS revenue_amount
FROM marts.mart_segment_kpis;
CREATE SCHEMA activation;
CREATE TABLE activation.act_ads__lookalike_seed AS
SELECT customer_id FROM marts.mart_customer_360 WHERE marketing_consent LIMIT 3;
CREATE TABLE activation.act_crm__churn_watchlist AS FROM activation.act_ads__lookalike_seed;
CREATE TABLE activation.act_email__champions_rewards AS FROM activation.act_ads__lookalike_seed;
CREATE TABLE activation.act_email__win_back AS FROM activation.act_ads__lookalike_seed;
"""


@pytest.fixture
def settings(home: Path) -> Settings:
    """Return the settings of a home whose tables are all as they should be."""
    settings = Settings.from_env()
    assert settings.home == home
    for path, script in ((settings.raw, RAW), (settings.marts, MARTS + SCORED)):
        with connect(path) as connection:
            connection.execute(script)
    return settings


@pytest.fixture
def change_raw(settings: Settings) -> Change:
    """Return a way to break the raw tables."""

    def run(sql: str) -> None:
        with connect(settings.raw) as connection:
            connection.execute(sql)

    return run


@pytest.fixture
def change_marts(settings: Settings) -> Change:
    """Return a way to break the marts."""

    def run(sql: str) -> None:
        with connect(settings.marts) as connection:
            connection.execute(sql)

    return run

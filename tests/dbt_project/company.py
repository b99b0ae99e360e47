"""A company of six customers, half a year long: the raw tables dbt reads, built in a second."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from include import transform
from include.settings import Settings
from include.warehouse import Connection, canonical_digest, connect

TABLES = {
    "raw_crm.customers": "true",
    "raw_shop.order_lines": "ordered_at < ?",
    "raw_shop.products": "true",
    "raw_shop.order_cancellations": "cancelled_at < ?",
    "raw_shop.order_contacts": "ordered_at < ?",
    "raw_crm.identity_corrections": "decided_at < ?",
    "raw_marketing.campaign_exposures": "started_date < ?",
    "raw_marketing.coupon_redemptions": "redeemed_date < ?",
    "raw_web.events": "event_at < ?",
}

MOVED_FROM = date(2025, 5, 1)

# Customer n orders every 3 + 4n days, so 1 is a regular and 6 a rare guest; 3 stops in April and
# 6 in February. 2 returns something on 20 March, and 4 calls an order of March off in April. Guests
# leave addresses: of 5 on 11 February and 20 May, of somebody whom 5 turns out to be on 2 May, of a
# stranger, and one that was thought to be of 4 until a correction of 10 April.
# Deliveries come on the first of the month. On the web, customer 5 logs in only in
# May, a second customer uses the browser of 1 on 10 April, and 2 shops across midnight into April.
ORDERS = """
CREATE SCHEMA raw_shop;
CREATE TABLE raw_shop.order_lines AS
WITH orders AS (
    SELECT n, ordered_at + n * INTERVAL 1 HOUR AS ordered_at,
        row_number() OVER (ORDER BY n, ordered_at) AS number
    FROM range(1, 7) AS customers(n),
        LATERAL (SELECT unnest(range(
            TIMESTAMP '2025-01-02', TIMESTAMP '2025-06-20', (3 + 4 * n) * INTERVAL 1 DAY
        )) AS ordered_at)
    WHERE NOT (n = 3 AND ordered_at >= '2025-04-01') AND NOT (n = 6 AND ordered_at >= '2025-02-20')
)
SELECT
    'order-' || number AS order_id,
    'product-' || product AS product_id,
    'customer-' || n AS customer_id,
    'store-' || number % 3 AS store_id,
    (CASE WHEN product = 0 THEN 0 ELSE 1 + number % 2 END)::integer AS quantity,
    (n * n + product + number % 7)::decimal(18, 2) AS sales_amount,
    (number % 3)::decimal(18, 2) AS retail_discount_amount,
    (CASE WHEN product = 0 THEN 0.5 ELSE 0 END)::decimal(18, 2) AS coupon_discount_amount,
    0::decimal(18, 2) AS coupon_match_discount_amount,
    ordered_at,
    (date_trunc('month', ordered_at) + INTERVAL 1 MONTH)::date AS _delivered_on
FROM orders, range(4) AS products(product);
INSERT INTO raw_shop.order_lines
SELECT 'return-1', 'product-2', customer_id, store_id, -1, -sales_amount, 0, 0, 0,
    TIMESTAMP '2025-03-20 12:00:00', DATE '2025-04-01'
FROM raw_shop.order_lines
WHERE customer_id = 'customer-2' AND product_id = 'product-2'
ORDER BY ordered_at LIMIT 1;
CREATE TABLE raw_shop.order_cancellations AS
SELECT min(order_id) AS order_id, TIMESTAMP '2025-04-15 09:00:00' AS cancelled_at,
    DATE '2025-05-01' AS _delivered_on
FROM raw_shop.order_lines
WHERE customer_id = 'customer-4' AND month(ordered_at) = 3;
CREATE TABLE raw_shop.products AS
SELECT
    'product-' || product AS product_id,
    'maker' AS manufacturer_id,
    'GROCERY' AS department,
    CASE WHEN product = 1 THEN 'Private' ELSE 'National' END AS brand,
    'CATEGORY ' || product AS product_category,
    NULL::varchar AS product_type,
    NULL::varchar AS package_size,
    DATE '2025-01-01' AS _delivered_on
FROM range(4) AS products(product);
CREATE TABLE raw_shop.order_contacts AS
SELECT *, (date_trunc('month', ordered_at) + INTERVAL 1 MONTH)::date AS _delivered_on
FROM (VALUES
    ('guest-1', ' Customer-5@Example.com', TIMESTAMP '2025-02-11 10:00:00'),
    ('guest-2', 'five.at.home@example.com', TIMESTAMP '2025-02-20 10:00:00'),
    ('guest-3', 'stranger@example.com', TIMESTAMP '2025-03-03 10:00:00'),
    ('guest-4', 'four.or.not@example.com', TIMESTAMP '2025-03-12 10:00:00'),
    ('guest-5', 'customer-5@example.com', TIMESTAMP '2025-05-20 10:00:00')
) AS guests(order_id, email, ordered_at);
INSERT INTO raw_shop.order_lines
SELECT order_id, 'product-1', NULL, 'store-1', 2, 7.50, 0, 0, 0, ordered_at, _delivered_on
FROM raw_shop.order_contacts;
INSERT INTO raw_shop.order_contacts
SELECT min_by(order_id, ordered_at), email, min(ordered_at),
    (date_trunc('month', min(ordered_at)) + INTERVAL 1 MONTH)::date
FROM raw_shop.order_lines, (VALUES
    ('customer-5', DATE '2025-05-01', 'five.at.home@example.com'),
    ('customer-4', DATE '2025-03-01', 'four.or.not@example.com')
) AS left_there(customer_id, since, email)
WHERE order_lines.customer_id = left_there.customer_id AND ordered_at >= since
GROUP BY email;
"""

CUSTOMERS = """
CREATE SCHEMA raw_crm;
CREATE TABLE raw_crm.customers AS
SELECT
    'customer-' || n AS customer_id,
    'customer-' || n || '@example.com' AS email,
    DATE '2025-01-01' AS created_date,
    CASE WHEN n = 2 THEN NULL ELSE n <> 4 AND NOT (n = 1 AND day >= '2025-05-01') END
        AS marketing_consent,
    DATE '2025-01-01' AS consent_updated_date,
    NULL::varchar AS age_band, NULL::varchar AS income_band, NULL::varchar AS home_ownership,
    NULL::varchar AS marital_status, NULL::varchar AS household_size,
    NULL::varchar AS household_composition, NULL::varchar AS kids_count,
    day::date AS _delivered_on
FROM range(1, 7) AS customers(n),
    range(TIMESTAMP '2025-01-01', TIMESTAMP '2025-07-02', INTERVAL 1 MONTH) AS days(day);
CREATE TABLE raw_crm.identity_corrections AS
SELECT 'correction-1' AS correction_id, 'email' AS identifier_type,
    'four.or.not@example.com' AS identifier, 'customer-4' AS customer_id, 'separate' AS decision,
    TIMESTAMP '2025-04-10 09:00:00' AS decided_at, 'typed by the till' AS reason,
    DATE '2025-05-01' AS _delivered_on;
"""

MARKETING = """
CREATE SCHEMA raw_marketing;
CREATE TABLE raw_marketing.campaign_exposures AS
SELECT 'campaign-' || month AS campaign_id, 'customer-' || n AS customer_id, 'A' AS campaign_type,
    make_date(2025, month::integer, 10) AS started_date,
    make_date(2025, month::integer + 1, 20) AS ended_date,
    make_date(2025, month::integer + 1, 1) AS _delivered_on
FROM range(1, 6) AS months(month), range(1, 4) AS customers(n);
CREATE TABLE raw_marketing.coupon_redemptions AS
SELECT 'customer-1' AS customer_id, 'coupon-' || month AS coupon_id,
    'campaign-' || month AS campaign_id, make_date(2025, month::integer, 15) AS redeemed_date,
    make_date(2025, month::integer + 1, 1) AS _delivered_on
FROM range(1, 6) AS months(month);
"""

WEB = """
CREATE SCHEMA raw_web;
CREATE TABLE raw_web.events AS
WITH visits AS (
    SELECT n, started_at FROM range(1, 6) AS customers(n),
        LATERAL (SELECT unnest(range(
            TIMESTAMP '2025-01-03 20:00:00', TIMESTAMP '2025-06-20', (2 + 3 * n) * INTERVAL 1 DAY
        )) AS started_at)
    UNION ALL
    VALUES (2, TIMESTAMP '2025-03-31 23:52:00')
), events AS (
    SELECT
        'visitor-' || n AS visitor_id,
        CASE
            WHEN n = 5 AND started_at < '2025-05-01' THEN NULL
            WHEN n = 1 AND started_at >= '2025-04-10' THEN 'customer-6'
            ELSE 'customer-' || n
        END AS customer_id,
        ['page_view', 'product_view', 'add_to_cart', 'checkout', 'purchase'][step] AS event_type,
        started_at + step * INTERVAL 3 MINUTE AS event_at
    FROM visits, range(1, 6) AS steps(step)
    WHERE step <= 3 OR n = 2
)
SELECT
    'event-' || row_number() OVER (ORDER BY visitor_id, event_at) AS event_id,
    visitor_id, customer_id, event_type, event_at, '/' AS page_path,
    NULL::varchar AS product_id, NULL::varchar AS order_id, 'mobile' AS device_type,
    NULL::varchar AS referrer, NULL::varchar AS utm_source, NULL::varchar AS utm_medium,
    NULL::varchar AS utm_campaign,
    (date_trunc('month', event_at) + INTERVAL 1 MONTH)::date AS _delivered_on
FROM events;
"""

LEDGER = """
CREATE SCHEMA ops;
CREATE TABLE ops.batches (
    batch_id varchar, source varchar, entity varchar, path varchar, delivered_on date,
    sha256 varchar, bytes bigint, rows_delivered bigint, rows_landed bigint,
    rows_quarantined bigint, contract_version varchar, status varchar, reason varchar,
    landed_as_of date
);
"""

OTHER_CUSTOMER = "'customer-' || (substr(customer_id, 10)::integer + 2) % 7 + 1"
MOVES = f"""
UPDATE raw_shop.order_lines SET
    ordered_at = TIMESTAMP '2025-05-01' + (TIMESTAMP '2025-06-29' - ordered_at),
    customer_id = {OTHER_CUSTOMER}, store_id = 'store-9', sales_amount = sales_amount * 3,
    product_id = 'product-' || 3 - substr(product_id, 9)::integer, quantity = 1,
    retail_discount_amount = 4, coupon_discount_amount = coupon_discount_amount + 2
WHERE ordered_at >= '{MOVED_FROM}';
UPDATE raw_shop.order_lines SET quantity = -1, sales_amount = -sales_amount
WHERE ordered_at >= '{MOVED_FROM}' AND customer_id = 'customer-1' AND product_id = 'product-1';
INSERT INTO raw_shop.order_cancellations
SELECT min_by(order_id, ordered_at), TIMESTAMP '2025-05-10', DATE '2025-06-01', NULL
FROM raw_shop.order_lines WHERE customer_id = 'customer-3';
UPDATE raw_shop.order_contacts SET email = 'somebody.else@example.com'
WHERE ordered_at >= '{MOVED_FROM}';
UPDATE raw_crm.customers SET email = 'stranger@example.com'
WHERE customer_id = 'customer-3' AND _delivered_on > '{MOVED_FROM}';
INSERT INTO raw_crm.identity_corrections BY NAME
SELECT 'correction-2' AS correction_id, 'email' AS identifier_type,
    'customer-5@example.com' AS identifier, 'customer-5' AS customer_id,
    'separate' AS decision, TIMESTAMP '2025-05-15' AS decided_at,
    DATE '2025-06-01' AS _delivered_on;
UPDATE raw_web.events SET event_at = event_at + INTERVAL 5 DAY, customer_id = {OTHER_CUSTOMER},
    event_type = CASE event_type WHEN 'add_to_cart' THEN 'page_view' ELSE 'product_view' END
WHERE event_at >= '{MOVED_FROM}';
UPDATE raw_marketing.campaign_exposures SET started_date = started_date + 3,
    customer_id = {OTHER_CUSTOMER}
WHERE started_date >= '{MOVED_FROM}';
UPDATE raw_marketing.coupon_redemptions SET redeemed_date = redeemed_date + 3,
    customer_id = 'customer-2'
WHERE redeemed_date >= '{MOVED_FROM}';
"""


def deliver(settings: Settings, *, feeds: tuple[str, ...] = (MARKETING, WEB)) -> None:
    """Land the whole half year; without a feed's tables, it has never been delivered."""
    with connect(settings.raw) as raw:
        for statements in (ORDERS, CUSTOMERS, *feeds, LEDGER):
            raw.execute(statements)
        for table in landed(raw):
            source, entity = table.removeprefix("raw_").split(".")
            raw.execute(f"ALTER TABLE {table} ADD COLUMN _batch_id varchar")
            raw.execute(f"UPDATE {table} SET _batch_id = ? || _delivered_on", [table])
            raw.execute(
                "INSERT INTO ops.batches BY NAME SELECT DISTINCT "
                "? || _delivered_on AS batch_id, ? AS source, ? AS entity, "
                f"_delivered_on AS delivered_on, 'landed' AS status FROM {table}",
                [table, source, entity],
            )


def forget_what_came_after(settings: Settings, day: date) -> None:
    """Leave in the raw tables only what had been delivered by, and happened before, ``day``."""
    with connect(settings.raw) as raw:
        for table in landed(raw):
            happened_before = TABLES[table].replace("?", f"DATE '{day}'")
            raw.execute(
                f"DELETE FROM {table} WHERE NOT (_delivered_on <= ? AND {happened_before})", [day]
            )
        raw.execute("DELETE FROM ops.batches WHERE delivered_on > ?", [day])


def move_what_came_after(settings: Settings) -> None:
    """Let May and June go otherwise: on other days, by others, of other things, taken back, known.

    What happened before is called off, forgotten and understood otherwise, but only from May on.
    """
    with connect(settings.raw) as raw:
        raw.execute(MOVES)


def score(settings: Settings, day: date) -> None:
    """Write segments and churn scores as the models would, from the marts of ``day``."""
    with connect(settings.marts) as marts:
        marts.execute("CREATE SCHEMA IF NOT EXISTS ml")
        marts.execute(
            "CREATE OR REPLACE TABLE ml.customer_segments AS SELECT as_of, customer_id, "
            "'S1' AS segment_id, 'Regulars' AS segment_name, 0.9::decimal(6, 4) AS strength, "
            "false AS is_weak, as_of AS since_date, '1' AS model_version, '' AS reasons "
            "FROM marts.mart_customer_features WHERE as_of = ?",
            [day],
        )
        marts.execute(
            "CREATE OR REPLACE TABLE ml.customer_churn_scores AS SELECT as_of, customer_id, "
            "0.9::decimal(9, 6) AS churn_score, 'high' AS churn_risk, '1' AS model_version "
            "FROM marts.mart_customer_features WHERE as_of = ?",
            [day],
        )


def refusal(settings: Settings, model: str, **variables: Any) -> str:
    """Build ``model`` with other variables, and return what the build says against it."""
    with at_home(settings.home), transform.lent_to_dbt(settings, as_of="2025-07-01"):
        outcome = dbtRunner().invoke(
            [
                *("--quiet", "--log-path", str(settings.dbt / "logs"), "run", "--select", model),
                *("--project-dir", str(transform.PROJECT)),
                *("--profiles-dir", str(transform.PROJECT)),
                *("--target-path", str(settings.dbt / "target-refused")),
                *("--vars", json.dumps(variables)),
            ]
        )
        transform.let_go()
    assert not outcome.success
    return transform.explain(outcome)


def landed(raw: Connection) -> list[str]:
    """The raw tables there are."""
    found = raw.execute(
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() "
        "WHERE schema_name LIKE 'raw_%' ORDER BY 1"
    ).fetchall()
    return [name for (name,) in found]


def digests(settings: Settings) -> dict[str, str]:
    """The digest of every table dbt built."""
    with connect(settings.marts, read_only=True) as marts:
        tables = marts.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() "
            "WHERE schema_name IN ('intermediate', 'marts', 'activation') ORDER BY 1"
        ).fetchall()
        return {name: canonical_digest(marts, name) for (name,) in tables}


@contextmanager
def at_home(home: Path) -> Iterator[Settings]:
    """Work in ``home`` for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TESSERA_HOME", str(home))
        patch.setenv("TESSERA_MEMORY_LIMIT", "1GB")
        yield Settings.from_env()


def build(home: Path, day: date, *, feeds: tuple[str, ...] = (MARKETING, WEB)) -> Settings:
    """Deliver everything into ``home`` and build the marts as of ``day``."""
    with at_home(home) as settings:
        deliver(settings, feeds=feeds)
        transform.build_marts(day.isoformat())
        return settings

"""The engines beside dbt do the script's work: on a small company they write equal tables."""

import pytest

from include.demo.synthetic.plan import Plan
from include.warehouse import connect
from tests.benchmarks.engines.rules import OUTPUTS
from tests.benchmarks.marts_company import Bench, Run, company

# What so small a company lacks: a bot, a long visit that is none, events within one second, a tag
# and a site that no seed names, a browser known by a guest's address alone, and decisions of ours.
ADDED = """
INSERT INTO raw_web.events
    (event_id, visitor_id, event_type, event_at, page_path, device_type, _delivered_on)
SELECT visitor_id || i, visitor_id, 'page_view',
    TIMESTAMP '2017-12-01 23:50:00' + to_seconds(i * pace), '/' || i, 'desktop', DATE '2017-12-02'
FROM range(70) AS numbers (i),
    (VALUES ('bot', 1), ('slow', 60), ('at once', 0)) AS visitors (visitor_id, pace)
WHERE pace > 0 OR i < 50;
UPDATE raw_web.events SET utm_medium = 'Pigeon' WHERE visitor_id = 'slow';
UPDATE raw_web.events SET event_type = 'product_view', referrer = 'https://Elsewhere.example/page'
WHERE visitor_id = 'at once' AND hash(event_id) % 2 = 0;
INSERT INTO raw_web.events
    (event_id, visitor_id, event_type, order_id, event_at, page_path, device_type, _delivered_on)
SELECT 'stranger' || order_id, 'stranger', 'purchase', order_id, TIMESTAMP '2017-12-20 10:00:00',
    '/thanks', 'desktop', DATE '2017-12-21'
FROM raw_shop.order_contacts SEMI JOIN raw_shop.order_lines AS l
    ON order_contacts.order_id = l.order_id AND l.customer_id IS NULL
WHERE email IN (SELECT lower(trim(email)) FROM raw_crm.customers)
ORDER BY order_id LIMIT 1;
INSERT INTO raw_crm.identity_corrections
    (correction_id, identifier_type, identifier, customer_id, decision, decided_at, _delivered_on)
WITH known AS (
    SELECT DISTINCT 'visitor' AS kind, visitor_id AS identifier, customer_id
    FROM raw_web.events WHERE customer_id IS NOT NULL
    UNION SELECT 'email', lower(trim(email)), customer_id FROM raw_crm.customers
), chosen AS (
    SELECT *, row_number() OVER (ORDER BY kind, identifier, customer_id) % 7 AS one_of_seven
    FROM known
)
SELECT 'separate' || kind || identifier, kind, identifier, customer_id, 'separate',
    TIMESTAMP '2017-11-01 10:00:00', DATE '2017-11-02'
FROM chosen WHERE one_of_seven < 2
UNION ALL
SELECT 'link' || kind || identifier, kind, identifier, customer_id, 'link',
    TIMESTAMP '2017-11-03 10:00:00', DATE '2017-11-04'
FROM chosen WHERE one_of_seven = 1;
"""
NEEDED = (
    "refuted WHERE identifier_type = 'visitor'",
    "refuted WHERE identifier_type = 'email'",
    "raw.raw_crm.identity_corrections WHERE decision = 'link'",
    "guests",
    "owners WHERE visitor_id = 'stranger'",
    "raw.raw_web.events WHERE visitor_id = 'bot' AND 'bot' NOT IN (SELECT visitor_id FROM visits)",
    "sessions WHERE event_count = 50 AND visitor_id = 'at once'",
    "sessions WHERE event_count = 70 AND channel = 'other' AND ended_at::date > started_at::date",
    "sessions WHERE channel = 'referral'",
    "sessions WHERE first_delivered_date < last_delivered_date",
    "engagement WHERE campaign_response_share > 0",
    "orders WHERE is_return",
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Draw a company, add what it lacks, and export it."""
    bench = Bench(Plan(customers=800, days=100), tmp_path_factory.mktemp("company"))
    company(bench)
    with connect(bench.home / "warehouse" / "raw.duckdb") as connection:
        connection.execute(ADDED)
    bench.run("export", bench.yesterday)
    return bench


@pytest.fixture(scope="module")
def by_hand(bench: Bench) -> Run:
    """Run the script by hand."""
    return bench.run("script", bench.yesterday)


@pytest.mark.parametrize("engine", ["polars", "pandas"])
def test_an_engine_writes_what_the_script_by_hand_writes(
    engine: str, bench: Bench, by_hand: Run
) -> None:
    written = bench.run(engine, bench.yesterday).said

    assert {name: written[name] for name in OUTPUTS} == {
        name: by_hand.said[name] for name in OUTPUTS
    }


@pytest.mark.parametrize("needed", NEEDED)
def test_the_company_asks_for_every_rule(needed: str, bench: Bench, by_hand: Run) -> None:
    """Equal tables prove nothing of what no row needs."""
    assert set(OUTPUTS) <= set(by_hand.said)
    warehouse = bench.home / "warehouse"
    raw = {"raw": warehouse / "raw.duckdb"}
    with connect(warehouse / "by_hand.duckdb", read_only=True, attach=raw) as connection:
        [(rows,)] = connection.execute(f"SELECT count(*) FROM {needed}").fetchall()

    assert rows > 0

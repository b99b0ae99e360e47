"""The gate after scoring: answers of the models and audiences that are wrong stop the day."""

from collections.abc import Callable

import pytest

from expectations import gate, scored
from expectations.gate import GateFailedError
from expectations.promise import CRITICAL
from include.settings import Settings
from include.warehouse import connect

DAY = "2025-03-10"
TODAY = f"as_of = DATE '{DAY}'"
ONE = "customer_id = 'customer-1'"
Change = Callable[[str], None]
# One change for each critical promise that no empty table breaks.
BREAK_EVERYTHING = f"""
UPDATE ml.customer_segments SET strength = 1.1, model_version = 'other' WHERE {ONE};
UPDATE ml.customer_segments SET since_date = DATE '2025-03-11' WHERE customer_id = 'customer-2';
DELETE FROM ml.customer_segments WHERE {TODAY} AND customer_id = 'customer-3';
DELETE FROM ml.customer_churn_scores WHERE {TODAY} AND customer_id = 'customer-3';
UPDATE ml.customer_churn_scores SET churn_score = 1.1, model_version = 'other'
WHERE customer_id = 'customer-2' AND churn_risk = 'low';
UPDATE marts.mart_customer_360 SET as_of = DATE '2025-03-09' WHERE {ONE};
UPDATE marts.mart_customer_360 SET segment_id = NULL WHERE {ONE};
UPDATE marts.mart_customer_360 SET marketing_consent = true WHERE customer_id = 'customer-5';
DELETE FROM marts.mart_customer_360 WHERE customer_id = 'customer-3';
UPDATE marts.mart_segment_kpis SET as_of = DATE '2025-03-09' WHERE segmentation = 'rfm';
UPDATE marts.mart_segment_day_kpis SET day_date = DATE '2025-03-10' WHERE segmentation = 'rfm';
INSERT INTO activation.act_ads__lookalike_seed VALUES ('customer-10');
INSERT INTO activation.act_crm__churn_watchlist VALUES ('customer-10');
INSERT INTO activation.act_email__champions_rewards VALUES ('customer-10');
INSERT INTO activation.act_email__win_back VALUES ('customer-10');
"""


def stopped_by(settings: Settings) -> set[tuple[str, str, str | None]]:
    """Run the gate, which must stop the day; return the critical promises that were broken."""
    with pytest.raises(GateFailedError, match="promises are broken and critical"):
        gate.run("scored", DAY)
    with connect(settings.raw, read_only=True) as raw:
        broken = raw.execute(
            "SELECT suite, expectation, column_name FROM ops.gate_results "
            "WHERE gate = 'scored' AND NOT success AND severity = 'critical'"
        ).fetchall()
    return set(broken)


def test_every_critical_promise_can_break_and_stops_the_day(
    settings: Settings, change_marts: Change
) -> None:
    with connect(settings.marts) as marts:
        tables = [suite.name for suite in scored.SUITES]
        marts.execute("CREATE SCHEMA kept")
        for table in tables:
            marts.execute(f"CREATE TABLE kept.{table.replace('.', '_')} AS FROM {table}")
            marts.execute(f"DELETE FROM {table}")
    emptied = stopped_by(settings)
    rows = "expect_table_row_count_to_be_between"
    assert {(suite, promise) for suite, promise, _ in emptied if rows in promise} == {
        ("ml.customer_segments", f"{rows} >= 1"),
        ("marts.mart_customer_360", f"{rows} >= 1"),
        ("marts.mart_segment_kpis", f"{rows} >= 2"),
    }
    with connect(settings.marts) as marts:
        for table in tables:
            marts.execute(f"INSERT INTO {table} FROM kept.{table.replace('.', '_')}")
    change_marts(BREAK_EVERYTHING)
    broken = {(suite, promise) for suite, promise, _ in stopped_by(settings)}

    promised = sum(e.severity is CRITICAL for suite in scored.SUITES for e in suite.expectations)
    assert promised > 15
    assert (
        len({(suite, promise) for suite, promise, _ in emptied if rows in promise}) + len(broken)
        == promised
    )


def test_a_table_that_is_not_there_stops_the_day(settings: Settings, change_marts: Change) -> None:
    change_marts("DROP TABLE ml.customer_segments")
    assert stopped_by(settings) == {("ml.customer_segments", "The table is there.", None)}


def test_yesterdays_answers_are_not_todays(change_marts: Change) -> None:
    change_marts(f"UPDATE ml.customer_segments SET strength = 9 WHERE NOT {TODAY}")
    assert gate.run("scored", DAY)["warnings"] == 0


def test_without_a_model_or_anybody_to_address_the_day_goes_on_and_says_so(
    change_marts: Change,
) -> None:
    change_marts("DELETE FROM ml.customer_churn_scores; DELETE FROM activation.act_email__win_back")
    assert gate.run("scored", DAY)["warnings"] == 2

"""What was found: kept by day and gate in the ledger, and shown on a page of its own."""

from collections.abc import Callable

import pytest

from expectations import gate
from expectations.gate import GateFailedError
from include.settings import Settings
from include.warehouse import connect

DAY = "2025-03-10"
Change = Callable[[str], None]


def test_the_ledger_keeps_other_gates_and_days_and_replaces_its_own(
    settings: Settings, change_marts: Change
) -> None:
    gate.run("landed", DAY)
    gate.run("marts", DAY)
    gate.run("landed", "2025-03-11")
    change_marts("UPDATE marts.mart_customer_rfm SET as_of = DATE '2025-03-09'")
    with pytest.raises(GateFailedError):
        gate.run("marts", DAY)

    with connect(settings.raw, read_only=True) as connection:
        assert connection.execute(
            "SELECT as_of::varchar, gate, count(*) = count(DISTINCT (suite, expectation, notes)), "
            "count(*) FILTER (NOT success AND severity = 'critical') "
            "FROM ops.gate_results GROUP BY ALL ORDER BY ALL"
        ).fetchall() == [
            ("2025-03-10", "landed", True, 0),
            ("2025-03-10", "marts", True, 1),
            ("2025-03-11", "landed", True, 0),
        ]


def test_a_back_fill_sees_only_what_had_been_delivered(change_raw: Change) -> None:
    change_raw(
        "INSERT INTO raw_crm.customers (customer_id, _delivered_on) VALUES ('one', '2025-04-01')"
    )
    assert gate.run("landed", DAY)["critical"] == 0

    with pytest.raises(GateFailedError, match="keeps four fifths"):
        gate.run("landed", "2025-04-01")


def test_the_page_of_the_day_shows_both_gates_and_loads_nothing_from_outside(
    settings: Settings,
) -> None:
    gate.run("landed", DAY)
    gate.run("marts", DAY)

    page = (settings.docs / "quality" / DAY / "index.html").read_text()
    assert "Gate: landed" in page
    assert "marts.mart_customer_rfm" in page
    assert "://" not in page
    assert "<script" not in page
    assert sorted(f.name for f in settings.docs.rglob("*") if f.is_file()) == ["index.html"]

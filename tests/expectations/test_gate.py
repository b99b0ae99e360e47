"""The gate: what stops a day, what is only said, and what is never said."""

import logging
from collections.abc import Callable

import pytest

from expectations import gate
from expectations.gate import GateFailedError
from include.settings import Settings
from include.warehouse import connect, read_query

DAY = "2025-03-10"
Change = Callable[[str], None]


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


def failed(settings: Settings, name: str) -> list[tuple[object, ...]]:
    """Return the promises of a gate that did not hold, as the ledger has them."""
    with connect(settings.raw, read_only=True) as connection:
        return read_query(
            connection,
            "SELECT suite, expectation, column_name, severity, observed_count, unexpected_count "
            f"FROM ops.gate_results WHERE gate = '{name}' AND NOT success ORDER BY ALL",
        ).rows()


def test_tables_that_keep_their_promises_pass_both_gates(settings: Settings) -> None:
    landed, marts = gate.run("landed", DAY), gate.run("marts", DAY)

    assert landed["critical"] == marts["critical"] == 0
    assert landed["held"] > 20
    assert marts["held"] > 20
    assert all(
        row[1] == "expect_table_row_count_to_be_between" for row in failed(settings, "marts")
    )


def test_empty_tables_of_optional_sources_warn_and_do_not_stop(settings: Settings) -> None:
    assert gate.run("landed", DAY)["warnings"] == 3

    assert [(suite, severity) for suite, _, _, severity, _, _ in failed(settings, "landed")] == [
        ("raw_marketing.campaign_exposures", "warning"),
        ("raw_marketing.coupon_redemptions", "warning"),
        ("raw_web.events", "warning"),
    ]


def test_a_table_an_optional_source_never_filled_warns_and_a_required_one_stops(
    settings: Settings, change_raw: Change
) -> None:
    change_raw("DROP TABLE raw_web.events")
    assert gate.run("landed", DAY)["warnings"] == 3

    change_raw("DROP TABLE raw_shop.products")
    with pytest.raises(
        GateFailedError, match=r"raw_shop\.products: The table is there\. \[critical"
    ):
        gate.run("landed", DAY)


def test_a_broken_critical_promise_stops_the_day_and_says_where_and_how_many(
    settings: Settings, change_marts: Change
) -> None:
    change_marts(
        "UPDATE marts.mart_customer_features SET recency_days = 0 "
        "WHERE customer_id IN ('customer-1', 'customer-2', 'customer-3')"
    )

    with pytest.raises(GateFailedError) as stopped:
        gate.run("marts", DAY)

    said = str(stopped.value)
    assert "marts.mart_customer_features: expect_column_values_to_be_between (recency_days)" in said
    assert "Rows: 20. Unexpected: 3. The last order was before the day of the run" in said
    assert "mend the data or the code, then clear this task" in said
    assert (
        "marts.mart_customer_features",
        "expect_column_values_to_be_between",
        "recency_days",
        "critical",
        20,
        3,
    ) in failed(settings, "marts")


def test_a_broken_warning_is_logged_and_the_day_goes_on(
    settings: Settings, change_raw: Change, caplog: pytest.LogCaptureFixture
) -> None:
    change_raw(
        "UPDATE raw_shop.order_lines SET product_id = 'unheard of' WHERE order_id < 'order-2'"
    )

    with caplog.at_level(logging.WARNING, "expectations"):
        assert gate.run("landed", DAY)["warnings"] == 4

    assert "a product the catalogue does not know. [warning]. Unexpected: 112." in caplog.text


def test_no_value_of_a_row_is_said_logged_stored_or_shown(
    settings: Settings, change_raw: Change, caplog: pytest.LogCaptureFixture
) -> None:
    change_raw(
        "UPDATE raw_crm.customers SET email = 'secret-canary', marketing_consent = NULL; "
        "UPDATE raw_shop.order_lines SET customer_id = 'secret-canary', sales_amount = 0; "
        "UPDATE raw_shop.products SET brand = 'secret-canary'"
    )

    with caplog.at_level(logging.DEBUG), pytest.raises(GateFailedError) as stopped:
        gate.run("landed", DAY)

    promises = {row[1] for row in failed(settings, "landed")}
    assert "No more than one address in a hundred is malformed." in promises
    assert "expect_column_values_to_be_unique" in promises
    written = [file for file in settings.home.rglob("*") if file.suffix != ".duckdb"]
    pages = [file.read_text() for file in written if file.is_file()]
    with connect(settings.raw, read_only=True) as connection:
        stored = str(read_query(connection, "FROM ops.gate_results").rows())
    assert pages
    for text in (str(stopped.value), caplog.text, stored, *pages):
        assert "secret-canary" not in text


def test_a_personal_column_has_no_counts(settings: Settings, change_raw: Change) -> None:
    change_raw("UPDATE raw_crm.customers SET email = NULL")

    gate.run("landed", DAY)

    emails = [row for row in failed(settings, "landed") if row[2] == "email"]
    assert [(row[4], row[5]) for row in emails] == [(None, None)]


@pytest.mark.parametrize(
    ("breaking", "reason"),
    [
        (
            "ALTER TABLE raw_shop.products DROP product_category",
            "the column is not there",
        ),
        (
            "ALTER TABLE raw_marketing.campaign_exposures ALTER ended_date TYPE integer[] "
            "USING NULL",
            "BinderException",
        ),
    ],
)
def test_a_warning_that_could_not_be_checked_stops_the_day_like_a_critical_promise(
    settings: Settings, change_raw: Change, breaking: str, reason: str
) -> None:
    change_raw(breaking)

    with pytest.raises(GateFailedError, match=rf"Could not be checked \({reason}\)"):
        gate.run("landed", DAY)

    assert "critical" in {row[3] for row in failed(settings, "landed")}


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


def test_a_back_fill_sees_only_what_had_been_delivered(
    settings: Settings, change_raw: Change
) -> None:
    change_raw(
        "INSERT INTO raw_crm.customers (customer_id, _delivered_on) VALUES ('one', '2025-04-01')"
    )
    assert gate.run("landed", DAY)["critical"] == 0

    with pytest.raises(GateFailedError, match="keeps four fifths"):
        gate.run("landed", "2025-04-01")


def test_a_gate_without_its_file_says_which_stage_to_run(settings: Settings) -> None:
    settings.marts.unlink()

    with pytest.raises(GateFailedError, match="Run the stage before this gate"):
        gate.run("marts", DAY)


def test_the_file_can_be_written_again_as_soon_as_the_gate_is_through(settings: Settings) -> None:
    gate.run("marts", DAY)

    with connect(settings.marts) as connection:
        connection.execute("CREATE TABLE marts.next AS SELECT 1 AS one")


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

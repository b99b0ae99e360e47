"""The gate: what stops a day, and what is only said."""

import logging
from collections.abc import Callable

import pytest

from expectations import gate
from expectations.gate import GateFailedError
from include.settings import Settings
from include.warehouse import connect, read_query

DAY = "2025-03-10"
Change = Callable[[str], None]


def failed(settings: Settings, name: str) -> list[tuple[object, ...]]:
    """Return the promises of a gate that did not hold, as the ledger has them."""
    with connect(settings.raw, read_only=True) as connection:
        return read_query(
            connection,
            "SELECT suite, expectation, column_name, severity, observed_count, unexpected_count "
            f"FROM ops.gate_results WHERE gate = '{name}' AND NOT success ORDER BY ALL",
        ).rows()


def test_tables_that_keep_their_promises_pass_all_gates(settings: Settings) -> None:
    landed, marts, scored = (gate.run(name, DAY) for name in gate.GATES)

    assert landed["critical"] == marts["critical"] == scored["critical"] == 0
    assert landed["held"] > 20
    assert marts["held"] > 20
    assert scored["held"] == scored["expectations"] > 20
    assert all(
        row[1] == "expect_table_row_count_to_be_between >= 1" for row in failed(settings, "marts")
    )


def test_empty_tables_of_optional_sources_warn_and_do_not_stop(settings: Settings) -> None:
    assert gate.run("landed", DAY)["warnings"] == 3

    assert [(suite, severity) for suite, _, _, severity, _, _ in failed(settings, "landed")] == [
        ("raw_marketing.campaign_exposures", "warning"),
        ("raw_marketing.coupon_redemptions", "warning"),
        ("raw_web.events", "warning"),
    ]


def test_a_table_an_optional_source_never_filled_warns_and_a_required_one_stops(
    change_raw: Change,
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
    assert (
        "marts.mart_customer_features: expect_column_values_to_be_between >= 1 (recency_days)"
        in said
    )
    assert "Rows: 20. Unexpected: 3. The last order was before the day of the run" in said
    assert "mend the data or the code, then clear this task" in said
    assert (
        "marts.mart_customer_features",
        "expect_column_values_to_be_between >= 1",
        "recency_days",
        "critical",
        20,
        3,
    ) in failed(settings, "marts")


def test_a_broken_warning_is_logged_and_the_day_goes_on(
    change_raw: Change, caplog: pytest.LogCaptureFixture
) -> None:
    change_raw(
        "UPDATE raw_shop.order_lines SET product_id = 'unheard of' WHERE order_id < 'order-2'"
    )

    with caplog.at_level(logging.WARNING, "expectations"):
        assert gate.run("landed", DAY)["warnings"] == 4

    assert "a product the catalogue does not know. [warning]. Unexpected: 112." in caplog.text


def test_a_file_that_was_mostly_set_aside_warns(settings: Settings, change_raw: Change) -> None:
    change_raw("UPDATE ops.batches SET rows_delivered = 299")  # 3 faults, 96 lost to another key

    assert gate.run("landed", DAY)["warnings"] == 4

    assert "was set aside" in str(failed(settings, "landed"))


@pytest.mark.parametrize(
    ("breaking", "reason"),
    [
        (
            "ALTER TABLE raw_shop.products DROP product_category",
            "the column is not there",
        ),
        (
            "ALTER TABLE raw_marketing.campaign_exposures ALTER ended_date TYPE int[] USING NULL",
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


def test_a_gate_without_its_file_says_which_stage_to_run(settings: Settings) -> None:
    settings.marts.unlink()

    with pytest.raises(GateFailedError, match="Run the stage before this gate"):
        gate.run("marts", DAY)


def test_the_file_can_be_written_again_as_soon_as_the_gate_is_through(settings: Settings) -> None:
    gate.run("marts", DAY)

    with connect(settings.marts) as connection:
        connection.execute("CREATE TABLE marts.next AS SELECT 1 AS one")

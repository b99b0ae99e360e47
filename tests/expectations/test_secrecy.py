"""Secrecy: whatever a gate finds, it says counts and our own words, never a value."""

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

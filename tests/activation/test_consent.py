"""Consent: only a plain yes, in the marts and in the CRM alike, leaves the house."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from include.activation import export
from include.settings import Settings
from include.warehouse import connect

Change = Callable[[str], None]
MONDAY, TUESDAY = "2025-03-10", "2025-03-11"


def every_file(outbox: Path) -> dict[str, bytes]:
    """Return the outbox's files by name."""
    files = {
        str(file.relative_to(outbox)): file.read_bytes()
        for file in outbox.rglob("*")
        if file.is_file()
    }
    assert files
    return files


@pytest.mark.parametrize("answer", ["false", "NULL"])
def test_who_withdrew_after_the_audience_was_built_is_withheld(
    settings: Settings, change: Change, answer: str
) -> None:
    change(f"UPDATE marts.dim_customers SET marketing_consent = {answer} WHERE customer_id = 'ada'")

    assert export.run(MONDAY)["withheld"] == 3

    assert not any(b"ada" in content for content in every_file(settings.outbox).values())
    manifest = settings.outbox / MONDAY / "email" / "win_back.manifest.json"
    assert json.loads(manifest.read_text())["withheld"] == 1


def test_who_the_crm_no_longer_knows_as_agreeing_is_withheld_though_the_marts_say_yes(
    settings: Settings,
) -> None:
    with connect(settings.raw) as connection:
        connection.execute(
            "UPDATE raw_crm.customers SET marketing_consent = false "
            "WHERE customer_id = 'bob' AND _delivered_on = DATE '2025-03-10'; "
            "DELETE FROM raw_crm.customers "
            "WHERE customer_id = 'cyd' AND _delivered_on = DATE '2025-03-10'"
        )

    assert export.run(MONDAY) == {"audiences": 4, "rows": 3, "withheld": 6}


@pytest.mark.usefixtures("settings")
def test_a_later_snapshot_does_not_reach_back() -> None:
    assert export.run("2025-03-19")["rows"] == 9
    assert export.run("2025-03-20")["rows"] == 0


def test_conflicting_answers_of_one_customer_count_as_no(change: Change) -> None:
    change("INSERT INTO marts.dim_customers VALUES ('ada', false)")

    assert export.run(MONDAY)["withheld"] == 3


def test_a_customer_the_marts_do_not_know_is_withheld(change: Change) -> None:
    change("DELETE FROM marts.dim_customers WHERE customer_id = 'cyd'")

    assert export.run(MONDAY)["withheld"] == 3

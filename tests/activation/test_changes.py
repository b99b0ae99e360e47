"""Changes: who was added and removed since the last export, and the ledger of who left."""

import json
from collections.abc import Callable

from include.activation import export
from include.settings import Settings
from include.warehouse import connect

Change = Callable[[str], None]
MONDAY, TUESDAY = "2025-03-10", "2025-03-11"


def test_what_changed_since_the_last_export_is_written_beside_the_full_list(
    settings: Settings, change: Change
) -> None:
    export.run(MONDAY)
    change("DELETE FROM activation.act_email__win_back WHERE customer_id IN ('ada', 'cyd')")
    change(
        "INSERT INTO marts.dim_customers VALUES ('fay', true); "
        "INSERT INTO activation.act_email__win_back VALUES "
        "('fay', 'fay@example.com', 'New', 'low', 'First order', 1.00)"
    )
    with connect(settings.raw) as connection:
        connection.execute("INSERT INTO raw_crm.customers VALUES ('fay', true, '2025-03-10')")

    export.run(TUESDAY)

    folder = settings.outbox / TUESDAY / "email"
    assert (folder / "win_back.added.csv").read_bytes() == (
        b"subscriber_id,email_address,segment,reason\nfay,fay@example.com,New,First order\n"
    )
    assert (folder / "win_back.removed.csv").read_bytes() == b"subscriber_id\nada\ncyd\n"
    assert json.loads((folder / "win_back.manifest.json").read_text())["compared_with"] == MONDAY


def test_a_day_is_compared_with_an_earlier_one_even_after_later_ones_ran(
    settings: Settings, change: Change
) -> None:
    export.run(MONDAY)
    export.run(TUESDAY)
    change("DELETE FROM activation.act_email__win_back WHERE customer_id = 'ada'")

    export.run(MONDAY)

    folder = settings.outbox / MONDAY / "email"
    assert (folder / "win_back.removed.csv").read_bytes() == b"subscriber_id\n"
    assert json.loads((folder / "win_back.manifest.json").read_text())["compared_with"] is None


def test_the_ledger_keeps_what_left_and_who_and_replaces_only_its_own_day(
    settings: Settings, change: Change
) -> None:
    export.run(MONDAY)
    change("DELETE FROM activation.act_email__win_back WHERE customer_id = 'ada'")
    export.run(TUESDAY)
    export.run(TUESDAY)

    with connect(settings.raw, read_only=True) as connection:
        assert connection.execute(
            "SELECT as_of::varchar, path, rows, added, removed, withheld FROM ops.exports "
            "WHERE audience = 'win_back' ORDER BY as_of"
        ).fetchall() == [
            (MONDAY, "2025-03-10/email/win_back.csv", 3, 3, 0, 0),
            (TUESDAY, "2025-03-11/email/win_back.csv", 2, 0, 1, 0),
        ]
        assert connection.execute(
            "SELECT channel, audience FROM ops.exported_customers "
            "WHERE customer_id = 'ada' AND as_of = DATE '2025-03-11' ORDER BY ALL"
        ).fetchall() == [("ads", "lookalike_seed"), ("crm", "churn_watchlist")]

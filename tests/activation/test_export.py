"""Export: who may leave, in what form, and that it is all or nothing."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from include.activation import export
from include.activation.members import AudienceMissingError
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


def test_an_audience_is_a_csv_in_the_order_of_ids_with_the_channels_own_headers(
    settings: Settings,
) -> None:
    assert export.run(MONDAY) == {"audiences": 4, "rows": 9, "withheld": 0}

    assert (settings.outbox / MONDAY / "email" / "win_back.csv").read_bytes() == (
        b"subscriber_id,email_address,segment,reason\n"
        b"ada,ada@example.com,Regulars,Away for 60 days\n"
        b'bob,bob@example.com,"Loyal, at risk","Said ""later"""\n'
        b"cyd,cyd@example.com,Regulars,Away for 90 days\n"
    )
    assert (settings.outbox / MONDAY / "ads" / "lookalike_seed.csv").read_bytes() == (
        b"external_id,email\nada,ada@example.com\nbob,bob@example.com\ncyd,cyd@example.com\n"
    )


def test_an_empty_audience_is_a_file_with_a_header_alone(settings: Settings) -> None:
    export.run(MONDAY)

    champions = settings.outbox / MONDAY / "email" / "champions_rewards.csv"
    assert champions.read_bytes() == b"subscriber_id,email_address,segment,reason\n"


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


def test_a_later_snapshot_does_not_reach_back(settings: Settings) -> None:
    assert export.run("2025-03-19")["rows"] == 9
    assert export.run("2025-03-20")["rows"] == 0


def test_conflicting_answers_of_one_customer_count_as_no(
    settings: Settings, change: Change
) -> None:
    change("INSERT INTO marts.dim_customers VALUES ('ada', false)")

    assert export.run(MONDAY)["withheld"] == 3


def test_a_customer_the_marts_do_not_know_is_withheld(settings: Settings, change: Change) -> None:
    change("DELETE FROM marts.dim_customers WHERE customer_id = 'cyd'")

    assert export.run(MONDAY)["withheld"] == 3


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


def test_the_same_day_again_is_the_same_to_the_byte_and_touches_nothing(
    settings: Settings,
) -> None:
    export.run(MONDAY)
    before = every_file(settings.outbox)
    inode = (settings.outbox / MONDAY).stat().st_ino

    export.run(MONDAY)

    assert every_file(settings.outbox) == before
    assert (settings.outbox / MONDAY).stat().st_ino == inode


def test_a_changed_day_replaces_its_folder_whole(settings: Settings, change: Change) -> None:
    export.run(MONDAY)
    (settings.outbox / MONDAY / "email" / "forgotten.csv").write_text("from another version\n")
    change("DELETE FROM activation.act_email__win_back WHERE customer_id = 'ada'")

    export.run(MONDAY)

    assert not (settings.outbox / MONDAY / "email" / "forgotten.csv").exists()
    assert b"ada" not in (settings.outbox / MONDAY / "email" / "win_back.csv").read_bytes()
    assert [folder.name for folder in settings.outbox.iterdir()] == [MONDAY]


def test_a_crash_midway_leaves_the_outbox_and_the_ledger_as_they_were(
    settings: Settings, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    export.run(MONDAY)
    before = every_file(settings.outbox)
    change("DELETE FROM activation.act_email__win_back WHERE customer_id = 'ada'")
    disk_full = OSError(28, "No space left on device")
    synced: list[Path] = []

    def fail_on_the_seventh(path: Path) -> None:
        synced.append(path)
        if len(synced) == 7:
            raise disk_full

    with monkeypatch.context() as broken:
        broken.setattr("include.activation.files.sync_file", fail_on_the_seventh)
        for day in (MONDAY, TUESDAY):
            synced.clear()
            with pytest.raises(OSError, match="No space left"):
                export.run(day)

    visible = {n: c for n, c in every_file(settings.outbox).items() if not n.startswith(".")}
    assert visible == before
    with connect(settings.raw, read_only=True) as connection:
        assert connection.execute("SELECT DISTINCT as_of::varchar FROM ops.exports").fetchall() == [
            (MONDAY,)
        ]
    assert export.run(TUESDAY)["rows"] == 8


@pytest.mark.parametrize(
    ("breaking", "said"),
    [
        (
            "DROP TABLE activation.act_email__win_back",
            "act_email__win_back is not in the warehouse",
        ),
        ("ALTER TABLE activation.act_email__win_back DROP reason", "lacks reason"),
    ],
)
def test_an_audience_that_is_not_there_stops_the_export_by_name(
    settings: Settings, change: Change, breaking: str, said: str
) -> None:
    change(breaking)

    with pytest.raises(AudienceMissingError, match=said):
        export.run(MONDAY)

    assert not settings.outbox.exists()


def test_the_manifest_counts_and_digests_the_very_bytes(settings: Settings) -> None:
    export.run(MONDAY)

    folder = settings.outbox / MONDAY / "crm"
    content = (folder / "churn_watchlist.csv").read_bytes()
    assert json.loads((folder / "churn_watchlist.manifest.json").read_text()) == {
        "audience": "churn_watchlist",
        "channel": "crm",
        "as_of": MONDAY,
        "columns": ["customer_id", "segment", "churn_risk", "reason"],
        "rows": 3,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "withheld": 0,
        "compared_with": None,
        "added": {
            "rows": 3,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        },
        "removed": {
            "rows": 0,
            "bytes": 12,
            "sha256": hashlib.sha256(b"customer_id\n").hexdigest(),
        },
    }


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


def test_only_the_owner_can_read_the_outbox(settings: Settings) -> None:
    export.run(MONDAY)

    everything = [settings.outbox, *settings.outbox.rglob("*")]
    assert len(everything) > 10
    assert {oct(path.stat().st_mode & 0o077) for path in everything} == {"0o0"}

"""Export: in what form audiences leave, and that it is all or nothing."""

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


def test_a_cell_a_spreadsheet_would_execute_leaves_as_text(
    settings: Settings, change: Change
) -> None:
    change("UPDATE activation.act_crm__churn_watchlist SET reason = '=HYPERLINK(1)'")

    export.run(MONDAY)

    assert (
        b",low,'=HYPERLINK(1)\n"
        in (settings.outbox / MONDAY / "crm" / "churn_watchlist.csv").read_bytes()
    )


def test_an_empty_audience_is_a_file_with_a_header_alone(settings: Settings) -> None:
    export.run(MONDAY)

    champions = settings.outbox / MONDAY / "email" / "champions_rewards.csv"
    assert champions.read_bytes() == b"subscriber_id,email_address,segment,reason\n"


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


def test_only_the_owner_can_read_the_outbox(settings: Settings) -> None:
    export.run(MONDAY)

    everything = [settings.outbox, *settings.outbox.rglob("*")]
    assert len(everything) > 10
    assert {oct(path.stat().st_mode & 0o077) for path in everything} == {"0o0"}

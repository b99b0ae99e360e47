"""The command line lands, tries files out without landing them, and shows the ledger."""

import logging
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from include.landing.__main__ import main
from include.landing.status import show
from include.settings import CHECKOUT
from include.warehouse import connect
from tests.landing.door import ADA, MONDAY, TUESDAY, Door
from tests.landing.door import HEADER as HEADING

HEADER = '{"customer_id":"1","coupon_id":"9","campaign_id":"8","redeemed_date":"2025-03-01"}\n'
BAD = '{"customer_id":"2","coupon_id":"9","campaign_id":"8","redeemed_date":"1 March"}\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """One good redemption and one bad one, delivered."""
    folder = tmp_path / "landing" / "marketing" / "coupon_redemptions" / "2025-03-03"
    folder.mkdir(parents=True)
    file = folder / "coupon_redemptions.jsonl"
    file.write_text(HEADER + BAD)
    return file


def test_check_shows_what_would_happen_and_lands_nothing(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "marketing__coupon_redemptions.odcs.yaml", str(file)]) == 0
    said = capsys.readouterr().out
    assert "2 rows delivered, 1 landed, 1 quarantined" in said
    assert "redeemed_date: not a date" in said
    assert not (tmp_path / "warehouse" / "raw.duckdb").exists()


def test_check_says_why_a_file_would_be_refused(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text('{"id":"1"}\n')
    assert main(["check", "marketing__coupon_redemptions.odcs.yaml", str(file)]) == 1
    assert "missing columns" in capsys.readouterr().out


def test_land_then_status_account_for_every_row(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert file.exists()
    land = ["land", "--as-of", "2025-03-04", "--only", "marketing.coupon_redemptions"]
    assert main(["status"]) == 0
    assert main(land) == 0
    assert main(["status"]) == 0
    said = capsys.readouterr().out
    assert "Nothing has landed yet" in said
    assert "Rows unaccounted for: 0" in said


def test_land_goes_through_every_contract_and_reports_the_missing(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert file.exists()
    assert main(["land", "--as-of", "2025-03-04"]) == 1
    said = capsys.readouterr().out
    assert "shop.products: nothing was delivered" in said
    assert "marketing" in said


def test_status_says_what_to_do_replay_does_it_and_rebuilt_closes_the_mark(
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    name = "marketing__coupon_redemptions.odcs.yaml"
    contract = (CHECKOUT / "include" / "landing" / "contracts" / name).read_text()
    (contracts / name).write_text(contract)
    monkeypatch.setenv("TESSERA_CONTRACTS", str(contracts))
    file.write_text(HEADER + BAD.replace("1 March", "2025-03-03"))
    file.with_name("broken.jsonl").write_text("{}\n")

    assert main(["land", "--as-of", "2025-03-04"]) == 1
    assert main(["status"]) == 0
    said = capsys.readouterr().out
    assert "refused     marketing/coupon_redemptions/2025-03-03/broken.jsonl" in said
    assert "Rows: 1 landed, 1 set aside for a fault\n" in said
    assert said.index("broken.jsonl") < said.index("coupon_redemptions.jsonl\n")
    assert "replay --only marketing.coupon_redemptions" in said

    assert main(["status", "--path", file.name]) == 0
    said = capsys.readouterr().out
    assert "redeemed_date: not before the delivery date" in said

    (contracts / name).write_text(
        contract.replace("beforeDelivery, value: true", "beforeDelivery, value: false")
    )
    assert main(["replay"]) == 0
    assert main(["status", "--path", file.name]) == 0
    assert "a replay moved 1 rows" in capsys.readouterr().out
    assert main(["rebuilt", "--up-to", "2025-03-04"]) == 0
    assert "1 mark(s) closed" in capsys.readouterr().out


def test_a_row_that_another_delivery_has_is_no_fault_and_is_told_apart(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    door.deliver(MONDAY, HEADING + ADA)
    door.deliver(TUESDAY, HEADING + ADA + "bob,many,1.00,\n" + "eve,few,1.00,\n")
    with caplog.at_level(logging.INFO):
        door.land()
    assert "1 of 3 rows left to another delivery that has their key; nothing to do" in caplog.text
    assert "2 of 3 rows set aside for a fault. quantity: not a whole number (2)." in caplog.text

    shown = StringIO()
    with connect(door.raw, read_only=True) as connection:
        assert show(Console(file=shown, width=200), connection, path=str(TUESDAY)) == 0
    said = shown.getvalue()
    assert "Rows: 0 landed, 2 set aside for a fault, 1 left to another delivery" in said
    assert "            quantity: not a whole number (2)\n" in said
    assert "WHERE batch_id = '20250304-" in said
    rows = said[said.index("Rows set aside") :]
    assert rows.index("not a whole number") < rows.index("has the same row")


def test_replay_before_anything_has_landed_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay"]) == 0
    assert "Nothing has landed yet" in capsys.readouterr().out
    assert main(["replay", "--only", "no.such"]) == 1

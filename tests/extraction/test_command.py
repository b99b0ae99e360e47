"""The command and its page: what a person types and reads is true."""

import re
import sqlite3
from pathlib import Path

import pytest

from include.extraction.__main__ import main
from include.settings import CHECKOUT
from tests.extraction.desk import DATABASE, Desk

PAGE = (CHECKOUT / "docs" / "extraction.md").read_text(encoding="utf-8")


@pytest.fixture
def desk(home: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk(home)
    desk.describe(DATABASE)
    monkeypatch.setenv("TESSERA_CONTRACTS", str(desk.contracts))
    monkeypatch.setenv("SHOP_URL", f"sqlite:///{home / 'shop.db'}")
    with sqlite3.connect(home / "shop.db") as source:
        source.execute("CREATE TABLE orders (order_id, quantity, amount, is_gift, ordered_at)")
        source.execute("INSERT INTO orders VALUES ('ada', 1, 2.5, 1, '2025-03-01 10:00:00')")
    source.close()
    return desk


def test_it_says_how_many_rows_each_source_delivered(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--as-of", "2025-03-05"]) == 0
    assert "shop.orders: 1 rows" in capsys.readouterr().out
    assert desk.land("2025-03-05")["landed"] == 1


@pytest.mark.usefixtures("desk")
def test_it_ends_in_failure_where_a_source_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--as-of", "2025-03-05", "--only", "shop.refunds"]) == 1
    assert "No extract 'shop.refunds' is described" in capsys.readouterr().out

    monkeypatch.delenv("SHOP_URL")
    monkeypatch.setenv("TESSERA_LANDING_URL", "ftp://shop.example")
    assert main(["--as-of", "2025-03-05"]) == 1
    said = capsys.readouterr().out
    assert "must begin with s3://" in said
    assert "SHOP_URL is not set" in said


def test_the_examples_of_the_page_are_good_descriptions(home: Path) -> None:
    desk = Desk(home)
    examples = re.findall(r"```yaml\n(.+?)```", PAGE, flags=re.DOTALL)
    assert len(examples) == 2
    paging = re.findall(r"`(\{by: .+?\})`", PAGE)
    assert len(paging) == 2
    examples += [re.sub(r"paging: \{.+?\}", f"paging: {other}", examples[1]) for other in paging]
    for example in examples:
        desk.describe(example)
        assert desk.described().cursor == "ordered_at"

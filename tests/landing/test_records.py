"""How files are cut, counted and judged by their bytes, and what keeps the parser to it."""

import itertools
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from include.landing import delimited, records
from include.landing.ahead import in_order
from include.landing.errors import ExtractRefusedError
from include.landing.faults import FAULTS
from include.landing.fields import find_misshapen
from include.landing.records import Block, read_blocks
from tests.landing.door import ADA, BOB, HEADER, MONDAY, Door


@pytest.mark.parametrize("row", [BOB.replace(",2,", ","), BOB.replace(",2,", ",2,3,")])
def test_the_parser_may_find_no_other_rows_than_the_bytes_have(
    door: Door, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    none = pl.DataFrame(schema=FAULTS)
    monkeypatch.setattr(delimited, "find_faults", lambda _: none)
    monkeypatch.setattr(delimited, "find_misshapen", lambda _, **__: none)
    door.deliver(MONDAY, HEADER + ADA + row)
    with pytest.raises(ExtractRefusedError, match="rows 1 to 2: the parser finds other") as refusal:
        door.land()
    assert "bob" not in str(refusal.value)
    assert door.values("order_id") == []


def test_records_that_make_up_for_one_another_are_both_misshapen() -> None:
    for counts in itertools.product([0, 1, 2, 3, 258], repeat=3):
        data = b"".join(b"," * commas + b"\n" for commas in counts)
        block = Block(first=0, count=3, data=data, offset=0)
        found = find_misshapen(block, fields=3, delimiter=",", quote='"')
        wrong = [i for i, commas in enumerate(counts) if commas not in {0, 2}]  # 0 is blank
        assert found["row_number"].to_list() == wrong, counts


@pytest.mark.parametrize("block_bytes", [300, 5_000])
def test_rows_keep_their_numbers_over_many_blocks_read_in_threads(
    make_door: Callable[..., Door],
    monkeypatch: pytest.MonkeyPatch,
    block_bytes: int,
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", block_bytes)
    rows = 2_000
    lines = [
        "short\n" if n % 50 == 0 else f"{n},{'x' if n % 70 == 0 else n},1.00,2025-03-01 10:00:00\n"
        for n in range(1, rows + 1)
    ]
    door = make_door()
    door.deliver(MONDAY, HEADER + "".join(lines), rows=rows)
    done = door.land()
    bad = [n for n in range(1, rows + 1) if n % 50 == 0 or n % 70 == 0]
    assert (done["landed"], done["quarantined"]) == (rows - len(bad), len(bad))
    assert [number for number, _, _ in door.aside()] == bad
    assert door.ask("SELECT count(*) FROM raw_shop.orders WHERE quantity <> _row_number") == [(0,)]


@pytest.mark.parametrize("quote", [None, '"'])
@pytest.mark.parametrize("near", [1, 3, 4096])
@pytest.mark.parametrize("block_bytes", [1, 5, 16, 400])
def test_blocks_are_whole_records_and_together_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int, near: int, quote: str | None
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(records, "_NEAR", near)
    file, lines = tmp_path / "lines", ['"a\nb"\n', "\n", "long" * 9 + "\n", 'c,"\n"\n', "d\r\n"] * 3
    for end in ("", "no line feed"):
        file.write_text("".join(lines) + end, newline="")
        blocks = list(read_blocks(file, quote=quote))
        assert b"".join(block.data for block in blocks) == file.read_bytes()
        found = [
            block.data[start:stop] + b"\n" * (not block.is_cut)
            for block in blocks
            for start, stop in zip(block.starts, block.ends, strict=True)
        ]
        whole = lines if quote else "".join(lines).splitlines(keepends=True)
        expected = [line.encode() for line in (*whole, end) if line]
        assert (found, sum(block.count for block in blocks)) == (expected, len(expected))
        assert [block.first for block in blocks][1:] == list(
            itertools.accumulate(block.count for block in blocks[:-1])
        )


def test_work_in_threads_comes_back_in_its_order_and_stops_when_nobody_listens() -> None:
    begun: list[int] = []

    def work(n: int) -> int:
        begun.append(n)
        time.sleep(0.01 * (n % 3))
        return n

    assert list(in_order(work, range(20))) == list(range(20))
    begun.clear()
    results = in_order(work, itertools.count())
    assert [next(results), next(results)] == [0, 1]
    results.close()  # type: ignore[attr-defined]
    assert len(begun) < 20

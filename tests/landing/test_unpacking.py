"""Packed and foreign files are read while they are unpacked; of a damaged one nothing lands."""

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from include.landing import records
from include.landing.errors import ExtractRefusedError
from include.landing.records import read_blocks
from include.landing.unpacking import Plain
from tests.landing.door import HEADER, MONDAY, Door

GZIP = {"is_gzip": True, "pattern": "*.csv.gz", "name": "orders.csv.gz"}
ROWS = 40_000
MANY = HEADER + "".join(
    f"o{n},{n},{n % 97}.{n * 7919 % 100:02},2025-03-01 10:00:00\n" for n in range(ROWS)
)


def test_a_file_is_read_while_it_is_written(tmp_path: Path) -> None:
    """The first block is there before the second is written, and the last is not missed."""
    may_go_on = Event()

    def chunks() -> Iterator[bytes]:
        yield b"a\n" * records.BLOCK_BYTES
        assert may_go_on.wait(60)
        yield b"b\nc"

    plain = Plain(tmp_path / "plain", is_whole=False)
    plain.path.touch()
    with ThreadPoolExecutor(1) as pool:
        filled = pool.submit(plain.fill, chunks())
        blocks = read_blocks(plain.path, header=0, wait=plain.wait)
        first = next(blocks)
        assert not filled.done()
        may_go_on.set()
        found = first.data + b"".join(block.data for block in blocks)
    assert found == b"a\n" * records.BLOCK_BYTES + b"b\nc"


def test_who_waits_hears_what_went_wrong_and_a_writer_nobody_waits_for_ends(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"a\n"
        raise ExtractRefusedError("it is broken")

    plain = Plain(tmp_path / "plain", is_whole=False)
    with ThreadPoolExecutor(1) as pool:
        filled = pool.submit(plain.fill, broken())
        for size in (3, 1):  # nobody is to go on with what is there
            with pytest.raises(ExtractRefusedError, match="it is broken"):
                plain.wait(size)
        assert isinstance(filled.exception(), ExtractRefusedError)

        endless = Plain(tmp_path / "endless", is_whole=False)
        filled = pool.submit(endless.fill, iter(lambda: b"a", b""))
        endless.wait(3)
        endless.end()
        assert filled.result(60) is None


def test_all_rows_of_a_packed_file_land_whatever_its_members(
    make_door: Callable[..., Door],
) -> None:
    data = MANY.encode()
    cuts = [0, 1, 70_000, 70_001, len(data)]
    parts = [data[low:high] for low, high in itertools.pairwise(cuts)]
    padding = b"\0" * 100_000
    packed = padding.join(gzip.compress(part, mtime=0) for part in [*parts, b""]) + padding
    door = make_door(**GZIP)
    door.file(MONDAY).write_bytes(packed)
    assert door.land()["landed"] == ROWS
    assert door.ask("SELECT count(*) FROM raw_shop.orders WHERE quantity + 1 <> _row_number") == [
        (0,)
    ]


@pytest.mark.parametrize(
    "header", [HEADER, "other,columns\n"], ids=["good columns", "other columns"]
)
def test_a_packed_file_that_is_not_whole_is_refused_as_that(
    make_door: Callable[..., Door], header: str
) -> None:
    """Also where its rows could be read, or would have been refused, before its end came."""
    door = make_door(**GZIP)
    whole = gzip.compress(MANY.replace(HEADER, header).encode(), mtime=0)
    flipped = bytearray(whole)
    flipped[-6] ^= 1  # in the checksum
    for damaged in (whole[:-1], whole[: len(whole) // 2], bytes(flipped), whole + b"\x1f", b""):
        door.file(MONDAY).write_bytes(damaged)
        with pytest.raises(ExtractRefusedError, match="cannot be unpacked whole"):
            door.land()
    assert door.values("order_id") == []
    assert list((door.raw.parent / "tmp").glob("landing-*")) == []


def test_a_bomb_is_refused_at_its_cap_and_not_at_its_end(make_door: Callable[..., Door]) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    data = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    door = make_door(**GZIP)
    door.file(MONDAY).write_bytes(data[:-8] + b"damaged!")
    with pytest.raises(ExtractRefusedError, match="unpacks to more than 200 times its size"):
        door.land()

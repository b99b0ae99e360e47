"""Records: cut a text file into records, count them, judge their shape, apart from any parser.

This is the independent counter: it works on bytes, block by block, and DuckDB's readers have to
agree with it. What the fields hold is no business of this module.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from include.landing.errors import ExtractRefusedError

BLOCK_BYTES = 4 << 20
MAX_RECORD_BYTES = 2_000_000  # the limit DuckDB's reader has for a line
ESCAPED = (0xDC80, 0xDCFF)  # where Python puts bytes that are no UTF-8 (PEP 383)
TAB, LF, CR, FIRST_PRINTABLE = 9, 10, 13, 32

Positions = NDArray[np.int64]
FAULTS = pl.Schema({"row_number": pl.Int64(), "reason": pl.String()})


@dataclass(frozen=True, kw_only=True)
class Block:
    """Whole records, side by side: record ``i`` is ``data[starts[i]:ends[i]]``, no line break."""

    first: int
    data: bytes
    starts: Positions
    ends: Positions
    is_cut: bool = False  # the last record ends with the file, not with a line break

    @property
    def view(self) -> NDArray[np.uint8]:
        """Return the bytes as numbers, without a copy."""
        return np.frombuffer(self.data, np.uint8)

    @property
    def records(self) -> pa.LargeBinaryArray:
        """Return the records, line breaks and all, as one array over the same bytes."""
        offsets = np.append(self.starts, len(self.data)).astype(np.int64, copy=False)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(self.data)]
        return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(self.starts), buffers)


def read_blocks(path: Path, *, quote: str | None = None) -> Iterator[Block]:
    """Yield the records of ``path`` in order, in blocks of a bounded size.

    A record ends at a line feed; with ``quote``, only at one outside quotes. Refuses a record
    longer than ``MAX_RECORD_BYTES`` and a quote that is never closed.
    """
    first, rest = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(BLOCK_BYTES):
            data = rest + chunk
            ends = _record_ends(data, quote)
            cut = int(ends[-1]) + 1 if ends.size else 0
            if len(data) - cut > MAX_RECORD_BYTES + BLOCK_BYTES:
                raise _too_long(first + ends.size)
            rest = data[cut:]
            if ends.size:
                starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
                _check_lengths(first, starts, ends)
                yield Block(first=first, data=data[:cut], starts=starts, ends=ends)
                first += ends.size
    if rest:
        if quote and rest.count(quote.encode()) % 2:
            raise ExtractRefusedError(f"a quote opened in row {first} is never closed")
        starts, ends = np.zeros(1, np.int64), np.array([len(rest)], np.int64)
        _check_lengths(first, starts, ends)
        yield Block(first=first, data=rest, starts=starts, ends=ends, is_cut=True)


def _record_ends(data: bytes, quote: str | None) -> Positions:
    """Return where records end in ``data``, which begins at the beginning of one."""
    view = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(view == LF)
    if quote and quote.encode() in data:
        quotes = np.flatnonzero(view == ord(quote))
        ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
    return ends


def _check_lengths(first: int, starts: Positions, ends: Positions) -> None:
    """Refuse the file at its first record over the limit."""
    long = np.flatnonzero(ends - starts > MAX_RECORD_BYTES)
    if long.size:
        raise _too_long(first + int(long[0]))


def _too_long(row: int) -> ExtractRefusedError:
    return ExtractRefusedError(
        f"row {row} is longer than {MAX_RECORD_BYTES:,} bytes; its line breaks may be missing"
    )


def find_faults(block: Block) -> pl.DataFrame:
    """Return the records no parser should see: broken encoding, control characters, blank."""
    view = block.view
    blank = np.flatnonzero(_content_ends(block) <= block.starts)
    found = [_faults(block, blank, "line: blank")]
    if np.count_nonzero(view < FIRST_PRINTABLE) > block.data.count(b"\n"):
        control = np.flatnonzero((view < FIRST_PRINTABLE) & (view != LF) & (view != TAB))
        following = view[np.minimum(control + 1, view.size - 1)]
        is_line_end = (view[control] == CR) & (following == LF) & (control + 1 < view.size)
        stray = _records_of(block, control[~is_line_end])
        found.append(_faults(block, stray, "line: a control character"))
    if not block.data.isascii():
        found.append(_faults(block, _undecodable(block), "line: not valid UTF-8"))
    return pl.concat(found)


def _undecodable(block: Block) -> Positions:
    """Return the records that are not UTF-8."""
    try:
        block.data.decode("utf-8")
    except UnicodeDecodeError:
        # Python turns each byte that is no UTF-8 into a lone surrogate; find those, and count
        # back from characters to bytes.
        text = block.data.decode("utf-8", "surrogateescape").encode("utf-32-le", "surrogatepass")
        characters = np.frombuffer(text, "<u4")
        is_escaped = (characters >= ESCAPED[0]) & (characters <= ESCAPED[1])
        sizes = np.searchsorted(np.array([0x80, 0x800, 0x10000]), characters, "right") + 1
        sizes[is_escaped] = 1
        return _records_of(block, (np.cumsum(sizes) - 1)[is_escaped])
    return np.empty(0, np.int64)


def find_misshapen(block: Block, *, fields: int, delimiter: str, quote: str) -> pl.DataFrame:
    """Return the records with another number of ``fields``, or with quotes where none may be.

    A quote opens a field at its very beginning, closes it at its very end, and is doubled inside.
    """
    view = block.view
    cuts = np.flatnonzero(view == ord(delimiter))
    found: list[pl.DataFrame] = []
    odd = np.zeros(block.starts.size, bool)
    quotes = np.flatnonzero(view == ord(quote)) if quote.encode() in block.data else cuts[:0]
    if quotes.size:
        record = np.searchsorted(block.ends, quotes)
        first_quote = np.searchsorted(quotes, block.starts)
        is_opening = (np.arange(quotes.size) - first_quote[record]) % 2 == 0
        before, after = _neighbours(block, quotes, record)
        beside = {ord(delimiter), ord(quote), -1}
        is_odd = ~np.isin(np.where(is_opening, before, after), list(beside))
        odd = np.bincount(record, minlength=block.starts.size) % 2 == 1
        odd[record[is_odd]] = True
        found.append(_faults(block, np.flatnonzero(odd), "line: quotes that do not pair up"))
        owner = np.searchsorted(block.ends, cuts)
        is_inside = (np.searchsorted(quotes, cuts) - first_quote[owner]) % 2 == 1
        cuts = cuts[~is_inside]
    if _is_even(block, cuts, fields - 1) and not quotes.size:
        return pl.DataFrame(schema=FAULTS)
    counts = np.diff(np.searchsorted(cuts, np.append(block.starts, view.size))) + 1
    is_blank = _content_ends(block) <= block.starts
    ragged = np.flatnonzero((counts != fields) & ~is_blank & ~odd)
    rows = pl.DataFrame({"row_number": block.first + ragged, "n": counts[ragged]})
    found.append(
        rows.select(
            pl.col("row_number").cast(pl.Int64),
            pl.format("line: {} fields instead of {}", "n", pl.lit(fields)).alias("reason"),
        )
    )
    return pl.concat(found)


def _is_even(block: Block, cuts: Positions, per_record: int) -> bool:
    """Say, without counting record by record, that each has exactly ``per_record`` cuts."""
    if per_record == 0 or cuts.size != per_record * block.starts.size:
        return False
    table = cuts.reshape(-1, per_record)
    return bool(np.all(table[:, 0] >= block.starts) and np.all(table[:, -1] < block.ends))


def _neighbours(block: Block, quotes: Positions, record: Positions) -> tuple[Positions, Positions]:
    """Return the bytes before and after each quote; -1 where the record begins or ends."""
    view = block.view.astype(np.int16)
    ends = _content_ends(block)[record]
    before = np.where(quotes == block.starts[record], -1, view[np.maximum(quotes - 1, 0)])
    after = np.where(quotes + 1 >= ends, -1, view[np.minimum(quotes + 1, view.size - 1)])
    return before.astype(np.int64), after.astype(np.int64)


def _content_ends(block: Block) -> Positions:
    """Return where the records' content ends, before a carriage return."""
    last = block.view[np.maximum(block.ends - 1, 0)]
    ends: Positions = block.ends - ((last == CR) & (block.ends > block.starts))
    return ends


def _records_of(block: Block, positions: Positions) -> Positions:
    """Return the records that hold the bytes at ``positions``."""
    return np.unique(np.searchsorted(block.ends, positions))


def _faults(block: Block, records: Positions, reason: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"row_number": block.first + records, "reason": [reason] * len(records)}, schema=FAULTS
    )


def read_texts(path: Path, rows: Positions, *, quote: str | None = None) -> pl.DataFrame:
    r"""Return the raw text of the sorted 0-based ``rows``; what is not UTF-8 as ``\x`` and hex."""
    found = [pl.DataFrame(schema={"row_number": pl.Int64, "raw_text": pl.String})]
    for block in read_blocks(path, quote=quote):
        low, high = np.searchsorted(rows, [block.first, block.first + block.starts.size])
        if low == high:
            continue
        wanted = rows[low:high] - block.first
        is_hex = np.isin(wanted, _undecodable(block))
        for records, shown in (
            (wanted[~is_hex], pl.col("raw").cast(pl.String).str.strip_chars_end("\r\n")),
            (wanted[is_hex], pl.format("\\x{}", pl.col("raw").bin.encode("hex"))),
        ):
            raw = pl.Series("raw", block.records.take(pa.array(records)), dtype=pl.Binary)
            frame = pl.DataFrame({"row_number": block.first + records, "raw": raw})
            found.append(frame.select("row_number", shown.alias("raw_text")))
    return pl.concat(found)

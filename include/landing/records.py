"""Records: cut a text file into records and count them, apart from any parser.

This is the independent counter: it works on bytes, block by block, and DuckDB's readers have to
agree with it. Which records are broken belongs in :mod:`include.landing.faults`, how a record
divides into fields in :mod:`include.landing.fields`.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl
import pyarrow as pa

from include.landing.errors import ExtractRefusedError
from include.landing.signs import Bytes, Places, find_below, find_undecodable
from include.landing.unpacking import Wait
from include.landing.vectors import as_numbers

BLOCK_BYTES = 2 << 20  # less, and Python costs more than the work; more leaves the core's cache
_NEAR = 4096  # most lines are shorter
MAX_RECORD_BYTES = 2_000_000  # a longer line is a file without line breaks
TAB, LF, CR, _FIRST_PRINTABLE = 9, 10, 13, 32

Positions = Places


@dataclass(frozen=True, kw_only=True)
class Span:
    """Where a block lies in its file, and which records it holds."""

    offset: int
    size: int
    first: int
    count: int
    is_cut: bool


@dataclass(frozen=True, kw_only=True)
class Block:
    """Whole records, side by side: record ``i`` is ``data[starts[i]:ends[i]]``, no line break."""

    first: int
    count: int
    data: bytes
    offset: int  # in the file
    quote: str | None = None  # where line breaks may stand in fields
    is_cut: bool = False  # the last record ends with the file, not with a line break
    found: tuple[Positions, tuple[Positions, bool]] | None = None  # its ``ends``, its ``signs``

    @property
    def view(self) -> Bytes:
        """Return the bytes as numbers, without a copy."""
        return np.frombuffer(self.data, np.uint8)

    @cached_property
    def ends(self) -> Positions:
        """Return where each record ends."""
        ends = self.found[0] if self.found else _record_ends(self.view, self.signs[0], self.quote)
        return np.append(ends, len(self.data)) if self.is_cut else ends

    @cached_property
    def signs(self) -> tuple[Positions, bool]:
        """Return where control characters stand, and whether all that was read is ASCII."""
        return self.found[1] if self.found else find_below(self.view, _FIRST_PRINTABLE)

    @cached_property
    def starts(self) -> Positions:
        """Return where each record begins."""
        return np.concatenate([np.zeros(1, np.int64), self.ends[:-1] + 1])

    @property
    def records(self) -> pa.LargeBinaryArray:
        """Return the records, line breaks and all, as one array over the same bytes."""
        offsets = np.append(self.starts, len(self.data)).astype(np.int64, copy=False)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(self.data)]
        return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(self.starts), buffers)

    def holding(self, positions: Positions) -> Positions:
        """Return the records that hold the bytes at ``positions``."""
        return np.unique(np.searchsorted(self.ends, positions))

    @property
    def span(self) -> Span:
        """Return where these records are found again."""
        return Span(
            offset=self.offset,
            size=len(self.data),
            first=self.first,
            count=self.count,
            is_cut=self.is_cut,
        )


def read_blocks(
    path: Path, *, quote: str | None = None, header: int = 1, wait: Wait | None = None
) -> Iterator[Block]:
    """Yield the records of ``path`` in order, in blocks of a bounded size.

    A record ends at a line feed; with ``quote``, only at one outside quotes. Refuses a file whose
    records never end, and a quote that is never closed; rows are counted after ``header`` records.
    ``wait`` returns once the file has so many bytes, or will have no more.
    """
    first, offset, size = 0, 0, BLOCK_BYTES
    with path.open("rb") as file:
        while True:
            if wait:
                wait(offset + size)
            asked = _up_to_line_feed(file, offset, size)
            if not (data := file.read(asked)):
                return
            view = np.frombuffer(data, np.uint8)
            controls, is_ascii = find_below(view, _FIRST_PRINTABLE)
            ends = _record_ends(view, controls, quote)
            count, cut = ends.size, int(ends[-1]) + 1 if ends.size else 0
            if len(data) - cut > MAX_RECORD_BYTES + BLOCK_BYTES:
                raise _too_long(first + count + 1 - header)
            if not count and len(data) < asked:  # the file's end
                if quote and np.count_nonzero(view == ord(quote)) % 2:
                    raise ExtractRefusedError(f"a quote opened in row {first} is never closed")
                yield Block(
                    first=first, count=1, data=data, offset=offset, quote=quote, is_cut=True
                )
                return
            # What is left of a record is read again: that costs less than to carry it along.
            size = BLOCK_BYTES if count else size + BLOCK_BYTES
            if count:
                yield Block(
                    first=first,
                    count=count,
                    data=data[:cut],  # itself where that is all of it
                    offset=offset,
                    quote=quote,
                    found=(ends, (controls[: np.searchsorted(controls, cut)], is_ascii)),
                )
                first, offset = first + count, offset + cut
            file.seek(offset)


def _up_to_line_feed(file: BinaryIO, offset: int, size: int) -> int:
    """Return how much of the next ``size`` bytes to read for them to end with a line feed.

    What is cut off after the read is one more copy. Where none is near the end: all.
    """
    near = min(size, _NEAR)
    last = os.pread(file.fileno(), near, offset + size - near)
    return size - near + place + 1 if (place := last.rfind(b"\n")) >= 0 else size


def read_spans(path: Path, spans: Iterable[Span], *, quote: str | None = None) -> Iterator[Block]:
    """Yield blocks again, of which an earlier pass has kept where they lie."""
    with path.open("rb") as file:
        for span in spans:
            file.seek(span.offset)
            data = file.read(span.size)
            if len(data) < span.size:
                raise ExtractRefusedError("it was cut short while it was being read")
            yield Block(
                first=span.first,
                count=span.count,
                data=data,
                offset=span.offset,
                quote=quote,
                is_cut=span.is_cut,
            )


def _record_ends(view: Bytes, controls: Positions, quote: str | None) -> Positions:
    """Return where records end in ``view``, which begins at the beginning of one.

    It has control characters at the places ``controls``.
    """
    ends: Positions = controls[view[controls] == LF]
    if quote and (quotes := np.flatnonzero(view == ord(quote))).size:
        ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
    return ends


def refuse_if_too_long(block: Block, *, header: int = 1) -> None:
    """Refuse the file at the block's first record over the limit."""
    long = np.flatnonzero(block.ends - block.starts > MAX_RECORD_BYTES)
    if long.size:
        raise _too_long(block.first + int(long[0]) + 1 - header)


def _too_long(row: int) -> ExtractRefusedError:
    return ExtractRefusedError(
        f"row {row} is longer than {MAX_RECORD_BYTES:,} bytes; its line breaks may be missing"
    )


def read_texts(
    path: Path, spans: Iterable[Span], rows: Positions, *, quote: str | None = None
) -> pl.DataFrame:
    r"""Return the raw text of the sorted 0-based ``rows``; what is not UTF-8 as ``\x`` and hex."""
    wanted = [s for s in spans if np.diff(np.searchsorted(rows, [s.first, s.first + s.count]))[0]]
    found, hexed = list[pa.LargeBinaryArray](), [np.empty(0, np.int64)]
    for block in read_spans(path, wanted, quote=quote):
        low, high = np.searchsorted(rows, [block.first, block.first + block.count])
        found.append(block.records.take(as_numbers(rows[low:high] - block.first)))
        hexed.append(block.first + block.holding(find_undecodable(block.data)))
    raw = pl.DataFrame(
        {"row_number": rows, "raw": pl.Series(pa.chunked_array(found, pa.large_binary()))}
    )
    is_hex = pl.lit(pl.Series(np.isin(rows, np.concatenate(hexed))))
    return pl.concat(
        [
            raw.filter(~is_hex).select(
                "row_number",
                raw_text=pl.col("raw").cast(pl.String).str.strip_chars_end("\r\n"),
            ),
            raw.filter(is_hex).select(
                "row_number",
                raw_text=pl.format("\\x{}", pl.col("raw").bin.encode("hex")),
            ),
        ]
    )

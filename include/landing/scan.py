"""Scan: one pass over a text file, in which its records are counted and the broken ones found.

The thread that has judged a block parses it at once, while it is in the core's cache and while SQL
takes in those before it. What breaks a record belongs to the formats' readers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

from include.landing.ahead import in_order
from include.landing.delivery import hold_to_limit
from include.landing.reading import gather, refuse_if_mostly_bad
from include.landing.records import Block, Positions, Span, read_spans

R = TypeVar("R")
_NOTHING = np.empty(0, np.int64)


@dataclass(kw_only=True)
class Scan:
    """What a pass over the bytes finds; it is whole once the pass has ended.

    ``source`` yields the file's blocks, ``judge`` names the broken records of one. ``header``
    records come before the first row.
    """

    path: Path
    source: Iterator[Block]
    judge: Callable[[Block], list[pl.DataFrame]]
    header: int
    max_rows: int | None
    quote: str | None = None
    spans: list[Span] = field(default_factory=list)
    _faults: list[pl.DataFrame] = field(default_factory=list)
    _has_begun: bool = False
    _is_whole: bool = False

    @property
    def records(self) -> int:
        """How many rows there are; it ends the pass."""
        self.finish()
        return sum(span.count for span in self.spans) - self.header

    @property
    def broken(self) -> pl.DataFrame:
        """The rows no parser should see, with every reason; it ends the pass."""
        self.finish()
        return gather(self._faults, header=self.header)

    def finish(self) -> None:
        """Read what has not been read."""
        if not self._is_whole:
            for _ in self.each(lambda *_: None):
                pass

    def each(self, work: Callable[[Block, Positions], R]) -> Iterator[R]:
        """Yield ``work`` on every block and its broken records; read again once all were read.

        The thread that has judged a block works on it. Refuses a file over the contract's
        ``maxRows``, and one that is mostly broken.
        """
        if self._is_whole:
            yield from in_order(lambda part: work(*part), self._again())
            return
        if self._has_begun:  # what was read ahead is gone with the pass that was given up
            raise RuntimeError(f"the pass over {self.path.name} was given up halfway")
        self._has_begun, bad = True, 0

        def judged(block: Block) -> tuple[Span, list[pl.DataFrame], int, R]:
            found = self.judge(block)
            away = _records_of(found)
            return block.span, found, away.size, work(block, away)

        for span, found, away, result in in_order(judged, self.source):
            self.spans.append(span)
            self._faults += found
            bad += away
            rows = span.first + span.count - self.header
            hold_to_limit(rows, self.max_rows, "rows")
            refuse_if_mostly_bad(bad, rows)
            yield result
        self._is_whole = True

    def _again(self) -> Iterator[tuple[Block, Positions]]:
        away = self.broken["row_number"].to_numpy() - 1 + self.header
        for block in read_spans(self.path, self.spans, quote=self.quote):
            low, high = np.searchsorted(away, [block.first, block.first + block.count])
            yield block, away[low:high]


def _records_of(faults: list[pl.DataFrame]) -> Positions:
    """Return the records that have a fault, each once."""
    if not faults:
        return _NOTHING
    return np.unique(np.concatenate([found["row_number"].to_numpy() for found in faults]))

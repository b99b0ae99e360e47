"""Fields: whether each record has the contract's number of them, and quotes where they may be.

It works on bytes, block by block, apart from any parser; what the fields hold is not judged here.
"""

import numpy as np
import polars as pl

from include.landing.faults import FAULTS, content_ends, name_faults
from include.landing.records import Block, Positions

_WRAPS = 256  # where a count in one byte begins again


def find_misshapen(block: Block, *, fields: int, delimiter: str, quote: str) -> pl.DataFrame:
    """Return the records with another number of ``fields``, or with quotes where none may be.

    A quote opens a field at its very beginning, closes it at its very end, and is doubled inside.
    """
    view = block.view
    has_quotes = quote.encode() in block.data
    if not has_quotes and _is_even(block, fields, delimiter):
        return pl.DataFrame(schema=FAULTS)
    cuts = np.flatnonzero(view == ord(delimiter))
    found: list[pl.DataFrame] = []
    odd = np.zeros(block.count, bool)
    quotes = np.flatnonzero(view == ord(quote)) if has_quotes else cuts[:0]
    if quotes.size:
        record = np.searchsorted(block.ends, quotes)
        first_quote = np.searchsorted(quotes, block.starts)
        is_opening = (np.arange(quotes.size) - first_quote[record]) % 2 == 0
        before, after = _neighbours(block, quotes, record)
        beside = {ord(delimiter), ord(quote), -1}
        is_odd = ~np.isin(np.where(is_opening, before, after), list(beside))
        odd = np.bincount(record, minlength=block.count) % 2 == 1
        odd[record[is_odd]] = True
        found.append(name_faults(block, np.flatnonzero(odd), "line: quotes that do not pair up"))
        owner = np.searchsorted(block.ends, cuts)
        is_inside = (np.searchsorted(quotes, cuts) - first_quote[owner]) % 2 == 1
        cuts = cuts[~is_inside]
    counts = np.diff(np.searchsorted(cuts, np.append(block.starts, view.size))) + 1
    is_blank = content_ends(block) <= block.starts
    ragged = np.flatnonzero((counts != fields) & ~is_blank & ~odd)
    rows = pl.DataFrame({"row_number": block.first + ragged, "n": counts[ragged]})
    found.append(
        rows.select(
            pl.col("row_number").cast(pl.Int64),
            pl.format("line: {} fields instead of {}", "n", pl.lit(fields)).alias("reason"),
        )
    )
    return pl.concat(found)


def _is_even(block: Block, fields: int, delimiter: str) -> bool:
    """Say, without counting record by record, that each has exactly ``fields``."""
    per_record = fields - 1
    if not 0 < per_record < _WRAPS or block.is_cut:
        return False
    is_cut = block.view == ord(delimiter)
    if np.count_nonzero(is_cut) != per_record * block.count:
        return False
    # Counts wrap at 256; but with this sum, none that is right after wrapping can be wrong.
    counts = np.add.reduceat(is_cut.view(np.uint8), block.starts, dtype=np.uint8)
    return bool(np.all(counts == per_record))


def _neighbours(block: Block, quotes: Positions, record: Positions) -> tuple[Positions, Positions]:
    """Return the bytes before and after each quote; -1 where the record begins or ends."""
    view = block.view.astype(np.int16)
    ends = content_ends(block)[record]
    before = np.where(quotes == block.starts[record], -1, view[np.maximum(quotes - 1, 0)])
    after = np.where(quotes + 1 >= ends, -1, view[np.minimum(quotes + 1, view.size - 1)])
    return before.astype(np.int64), after.astype(np.int64)

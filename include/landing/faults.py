"""Faults: the records no parser should see, found by their bytes.

How records are cut and counted belongs in :mod:`include.landing.records`.
"""

import numpy as np
import polars as pl

from include.landing.records import CR, LF, TAB, Block, Positions, refuse_if_too_long
from include.landing.signs import find_undecodable

FAULTS = pl.Schema({"row_number": pl.Int64(), "reason": pl.String()})
_NO_FAULTS = pl.DataFrame(schema=FAULTS)


def find_faults(block: Block, *, header: int = 1) -> pl.DataFrame:
    """Return the records no parser should see: broken encoding, control characters, blank.

    Refuses the file at its first record over the limit.
    """
    refuse_if_too_long(block, header=header)
    view = block.view
    found = list[pl.DataFrame]()
    blank = np.flatnonzero(content_ends(block) <= block.starts)
    if blank.size:
        found.append(name_faults(block, blank, "line: blank"))
    controls, is_ascii = block.signs
    if controls.size > block.count - block.is_cut:
        sign = view[controls]
        control = controls[(sign != LF) & (sign != TAB)]
        following = view[np.minimum(control + 1, view.size - 1)]
        is_line_end = (view[control] == CR) & (following == LF) & (control + 1 < view.size)
        stray = block.holding(control[~is_line_end])
        found.append(name_faults(block, stray, "line: a control character"))
    if not is_ascii:
        undecodable = block.holding(find_undecodable(block.data))
        found.append(name_faults(block, undecodable, "line: not valid UTF-8"))
    return pl.concat(found) if found else _NO_FAULTS


def content_ends(block: Block) -> Positions:
    """Return where the records' content ends, before a carriage return."""
    last = block.view[np.maximum(block.ends - 1, 0)]
    ends: Positions = block.ends - ((last == CR) & (block.ends > block.starts))
    return ends


def name_faults(block: Block, records: Positions, reason: str) -> pl.DataFrame:
    """Return the block's ``records`` with one reason against them all."""
    return pl.DataFrame(
        {"row_number": block.first + records, "reason": [reason] * len(records)}, schema=FAULTS
    )

"""Plain: of a whole batch at once, whether a column's texts surely have their type's shape.

The answer holds together with DuckDB's cast: a text of a plain batch that can be cast has the shape
of :mod:`include.landing.typed`, and needs no look of its own. "No" only means a closer look.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from include.landing.column import Column, scale_of
from include.landing.contract import Contract

ANY_SCALE = 17  # the digits after the point that a double can tell apart
_BITS = 63  # columns that a batch's one number has room for
_WIDE = 64  # rows that are compared as one: NumPy is slow at short rows
_MINUS, _POINT, _ZERO, _NINE = b"-.09"
_DATE, _TIME = "dddd-dd-dd", "dddd-dd-dd dd:dd:dd"

Bytes = npt.NDArray[np.uint8]
Check = Callable[[pa.StringArray], bool]


def plain_checks(contract: Contract) -> dict[str, Check]:
    """Return the check of every column that has one: by ISO, in UTC, without marks of its own."""
    found = ((column.name, _check(contract, column)) for column in contract.columns)
    return dict([(name, check) for name, check in found if check][:_BITS])


def plain_bits(checks: dict[str, Check]) -> dict[str, int]:
    """Return the one bit that stands for each checked column in a batch's number."""
    return {name: 1 << place for place, name in enumerate(checks)}


def plain_number(checks: dict[str, Check], batch: pa.RecordBatch) -> int:
    """Return the bits of the columns that are plain in all of ``batch``, as one number."""
    bits = plain_bits(checks)
    return sum(bits[name] for name, check in checks.items() if check(batch.column(name)))


def _check(contract: Contract, column: Column) -> Check | None:
    kind, is_marked = column.logical_type, bool(contract.thousands_mark)
    if column.format or column.epoch or column.has_offset:
        return None
    if kind == "date":
        return partial(is_plain_moment, form=_DATE)
    if kind == "timestamp" and (column.time_zone or contract.time_zone) == "UTC":
        return partial(is_plain_moment, form=_TIME)
    if kind == "integer" and not is_marked:
        return partial(is_plain_number, scale=0)
    if kind == "number" and not is_marked and contract.decimal_mark == ".":
        scale = scale_of(column.physical_type)
        return partial(is_plain_number, scale=ANY_SCALE if scale is None else scale)
    return None


def is_plain_number(values: pa.StringArray, *, scale: int) -> bool:
    """Say whether all ``values`` are digits, a point with 1 to ``scale`` of them after it, a minus.

    How many points and where the minus is, the cast knows; it takes no slash, which lies between.
    """
    data, offsets = _bytes(values)
    if data.size == 0:
        return True
    if data.min() < _MINUS or data.max() > _NINE:
        return False
    points = np.flatnonzero(data == _POINT)
    if points.size == 0:
        return True
    if data[points - 1].min() < _ZERO:
        return False
    starts, ends = offsets[:-1], offsets[1:]
    if points.size != ends.size:  # else one in each, or what follows says no
        of = np.searchsorted(ends, points, side="right")
        starts, ends = starts[of], ends[of]
    after = ends - points - 1
    return bool((points > starts).all() and after.min() >= 1 and after.max() <= scale)


def is_plain_moment(values: pa.StringArray, *, form: str) -> bool:
    """Say whether all ``values`` are digits and marks where ``form`` has them; T may part a time.

    Which days there are the cast knows; but it knows a year 0 and an hour 24, too.
    """
    data, offsets = _bytes(values)
    if data.size == 0:
        return True
    lengths, width = np.diff(offsets), len(form)
    if not ((lengths == width) | (lengths == 0)).all():
        return False
    texts = data.reshape(-1, width)
    least, most = _extremes(texts)
    if least[0] == _ZERO:
        return False
    for place, mark in enumerate(form):
        allowed = {"d": (b"09",), " ": (b"  ", b"TT")}.get(mark, (mark.encode() * 2,))
        if not any(low <= least[place] and most[place] <= high for low, high in allowed):
            return False
    return form == _DATE or not ((texts[:, 11] == ord("2")) & (texts[:, 12] > ord("3"))).any()


def _bytes(values: pa.StringArray) -> tuple[Bytes, npt.NDArray[np.int32]]:
    """Return the bytes of all ``values`` in one, and the ends between them from 0; nulls too."""
    _, ends, data = values.buffers()
    if not len(values) or data is None:
        return np.empty(0, np.uint8), np.zeros(1, np.int32)
    offsets = np.frombuffer(ends, np.int32)[values.offset : values.offset + len(values) + 1]
    return np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]], offsets - offsets[0]


def _extremes(texts: Bytes) -> tuple[Bytes, Bytes]:
    """Return the least and the greatest byte at each place of ``texts`` (rows, places)."""
    width = texts.shape[1]
    whole = len(texts) // _WIDE * _WIDE
    rest = texts[whole:]
    if not whole:
        return rest.min(axis=0), rest.max(axis=0)
    wide = texts[:whole].reshape(-1, _WIDE * width)
    least = np.concatenate([wide.min(axis=0).reshape(_WIDE, width), rest])
    most = np.concatenate([wide.max(axis=0).reshape(_WIDE, width), rest])
    return least.min(axis=0), most.max(axis=0)

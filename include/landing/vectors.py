"""Vectors: NumPy's arrays as Arrow's, without a copy, and slices of bytes as texts.

``pa.array`` and ``to_numpy`` import pandas, to ask whether it is meant: a quarter of a second.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def as_numbers(values: NDArray[np.int64]) -> pa.Int64Array:
    """Return ``values`` as Arrow's."""
    data = pa.py_buffer(np.ascontiguousarray(values, np.int64))
    return pa.Int64Array.from_buffers(pa.int64(), values.size, [None, data])


def as_vector(values: pa.Int64Array | pa.UInt64Array) -> NDArray[np.int64]:
    """Return Arrow's ``values`` as NumPy's; there is no null among them."""
    numbers = np.frombuffer(values.buffers()[1], np.int64)
    return numbers[values.offset : values.offset + len(values)]


def as_flags(values: NDArray[np.bool_]) -> pa.BooleanArray:
    """Return ``values`` as Arrow's, eight to a byte."""
    bits = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.BooleanArray.from_buffers(pa.bool_(), values.size, [None, bits])


def as_texts(
    data: bytes,
    starts: NDArray[np.int64],
    stops: NDArray[np.int64],
    is_null: NDArray[np.bool_] | None = None,
) -> list[pa.StringArray]:
    """Return, one array a row, what stands in ``data`` between places given as (rows, texts).

    Along the columns the places rise: each text begins where the one before it ends, or later.
    """
    rows, count = starts.shape
    if not count:
        return [pa.StringArray.from_buffers(0, pa.py_buffer(bytes(4)), pa.py_buffer(b""))] * rows
    # All texts in the order of ``data``; every other one is what lies between two of them.
    offsets = np.empty((count, rows, 2), np.int32)
    offsets[:, :, 0], offsets[:, :, 1] = starts.T, stops.T
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    all_texts = pa.BinaryArray.from_buffers(pa.binary(), 2 * starts.size - 1, buffers)
    places = 2 * np.arange(rows)[:, None] + 2 * rows * np.arange(count)
    texts = all_texts.take(as_numbers(places.reshape(-1)))
    mask = None
    if is_null is not None and is_null.any():
        mask = as_flags(~is_null.reshape(-1)).buffers()[1]
    buffers = [mask, *texts.buffers()[1:]]
    return [
        pa.StringArray.from_buffers(count, *buffers[1:], mask, offset=row * count)
        for row in range(rows)
    ]

"""Signs: where bytes of a kind stand in a block, found slice by slice.

What is known of a slice's bytes stays in the core's cache, in memory that is taken once; flags as
long as the block would be new pages of the system's each time, which cost more than the search.
"""

import numpy as np
from numpy.typing import NDArray

SLICE_BYTES = 256 << 10
_LAST_ASCII = 0x7F
_PLACE_OF_ONE = np.uint64(0x0001020304050607)  # times a flag in one of 8 bytes: its place on top
_ESCAPED = (0xDC80, 0xDCFF)  # where Python puts bytes that are no UTF-8 (PEP 383)

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]


def find_below(view: Bytes, limit: int) -> tuple[Places, bool]:
    """Return where bytes less than ``limit`` stand, and whether all of ``view`` is ASCII.

    Both at once: read as signed numbers, bytes that are no ASCII are less than any limit.
    """
    flags = np.empty(min(SLICE_BYTES, view.size), bool)
    found, is_ascii = [np.empty(0, np.int64)], True
    for at in range(0, view.size, SLICE_BYTES):
        part = view[at : at + SLICE_BYTES]
        if is_ascii:
            places = _places(np.less(part.view(np.int8), limit, out=flags[: part.size]))
            is_ascii = bool((part[places] <= _LAST_ASCII).all())
        if not is_ascii:
            places = _places(np.less(part, limit, out=flags[: part.size]))
        found.append(places + at)
    return np.concatenate(found), is_ascii


def find_pairs(view: Bytes, pair: bytes) -> tuple[Places, int]:
    """Return where the two bytes of ``pair`` stand side by side, and how many are like its first.

    Both at once: each byte is looked at while it is near.
    """
    firsts, seconds = np.empty((2, min(SLICE_BYTES, view.size)), bool)
    found, count = [np.empty(0, np.int64)], 0
    for at in range(0, view.size, SLICE_BYTES):
        part, after = view[at : at + SLICE_BYTES], view[at + 1 : at + 1 + SLICE_BYTES]
        is_first = np.equal(part, pair[0], out=firsts[: part.size])
        count += int(np.count_nonzero(is_first))
        is_second = np.equal(after, pair[1], out=seconds[: after.size])
        is_pair = np.logical_and(is_first[: after.size], is_second, out=is_second)
        found.append(_places(is_pair) + at)
    return np.concatenate(found), count


def _places(flags: NDArray[np.bool_]) -> Places:
    """Return where ``flags`` are set; fast where no eight that are looked at as one have two."""
    whole = flags.size // 8 * 8
    eights = flags[:whole].view("<u8")
    places = np.flatnonzero(eights != 0)
    ones = eights[places]
    if (ones & (ones - 1)).any():  # the lowest bit gone, one is left
        return np.flatnonzero(flags)
    ones *= _PLACE_OF_ONE
    ones >>= 56
    places <<= 3
    places += ones.view(np.int64)
    if whole == flags.size:
        return places
    return np.append(places, whole + np.flatnonzero(flags[whole:]))


def find_undecodable(data: bytes) -> Places:
    """Return where bytes stand that are not UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        # Python turns each byte that is no UTF-8 into a lone surrogate; find those, and count
        # back from characters to bytes.
        text = data.decode("utf-8", "surrogateescape").encode("utf-32-le", "surrogatepass")
        characters = np.frombuffer(text, "<u4")
        is_escaped = (characters >= _ESCAPED[0]) & (characters <= _ESCAPED[1])
        sizes = np.searchsorted(np.array([0x80, 0x800, 0x10000]), characters, "right") + 1
        sizes[is_escaped] = 1
        return (np.cumsum(sizes) - 1)[is_escaped]
    return np.empty(0, np.int64)

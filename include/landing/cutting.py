"""Cutting: take the values out of JSON lines by their places, where lines are spelled as expected.

A line is cut only if its pieces, put together again, are all of it: the spelling's own, and between
them one strict JSON value each, without escapes. So no line is cut that any strict reader would
refuse, or read otherwise; of the lines that are left a closer look has to tell.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from include.landing.json_grammar import bare, may_be_quoted
from include.landing.records import TAB, Block, Positions
from include.landing.signs import Bytes, find_pairs
from include.landing.spelling import KEY_END, Spelling
from include.landing.vectors import as_texts

_QUOTE = KEY_END[0]
_NULL = b"null"
_ESCAPE = b"\\"

Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class _Lines:
    """Lines of a block, and where in it their values stand, quotes and all.

    Of the values everything is (columns, lines); ``first`` and ``last`` are their outer bytes.
    """

    records: Positions  # in the block
    starts: Positions  # of the values
    stops: Positions
    first: Bytes
    last: Bytes

    def only(self, is_kept: Flags) -> "_Lines":
        if is_kept.all():
            return self
        return _Lines(
            records=self.records[is_kept],
            starts=self.starts[:, is_kept],
            stops=self.stops[:, is_kept],
            first=self.first[:, is_kept],
            last=self.last[:, is_kept],
        )


def cut(
    spelling: Spelling, block: Block, is_wanted: Flags, *, null_tokens: Collection[str]
) -> tuple[Positions, list[pa.StringArray]]:
    """Return which of the wanted records could be cut, and each column's texts.

    A text is null where the line says so, or has one of the ``null_tokens``.
    """
    found, quotes = find_pairs(block.view, KEY_END)
    lines = _find(spelling, block, found, is_wanted & ~_holds_rare(block))
    is_quoted, is_null = _kinds(block, lines)
    is_cut = _are_strict(spelling, block, lines, is_quoted, is_null)
    is_cut &= _have_no_other_quotes(spelling, block, lines, is_quoted, quotes)
    if not is_cut.all():
        lines, is_quoted, is_null = lines.only(is_cut), is_quoted[:, is_cut], is_null[:, is_cut]
    starts, stops = lines.starts, lines.stops
    starts += is_quoted
    stops -= is_quoted.view(np.uint8) + is_null.view(np.uint8) * np.uint8(len(_NULL))
    if "" in null_tokens:
        is_null = starts == stops
    texts = as_texts(block.data, starts, stops, is_null)
    if others := set(null_tokens) - {""}:
        tokens = pa.array(others, pa.string())
        texts = [pc.if_else(pc.is_in(found, tokens), None, found) for found in texts]
    return lines.records, texts


def _holds_rare(block: Block) -> Flags:
    """Return which records hold an escape or a tab: no text as it stands, or no JSON."""
    holds, (controls, _) = np.zeros(block.count, bool), block.signs
    found = [controls[block.view[controls] == TAB]]
    if _ESCAPE in block.data:
        found.append(np.flatnonzero(block.view == _ESCAPE[0]))
    for places in found:
        holds[block.holding(places)] = True
    return holds


def _find(spelling: Spelling, block: Block, found: Positions, is_wanted: Flags) -> _Lines:
    """Return the wanted lines that have the spelling's own pieces around their values.

    ``found`` is where keys end; a line has as many as there are columns, and is cut there.
    """
    columns, is_kept = len(spelling.columns), is_wanted
    if not is_wanted.all() or not _is_even(found, columns, block):
        counts = _count(found, block)
        is_kept = is_wanted & (counts == columns)
        found = found[np.repeat(is_kept, counts)]
    marks = np.ascontiguousarray(found.reshape(-1, columns).T)
    records, begins, ends = np.flatnonzero(is_kept), block.starts[is_kept], block.ends[is_kept]
    places = [piece.index(KEY_END) for piece in spelling.before]
    stops = np.empty_like(marks)
    np.subtract(marks[1:], np.array(places[1:])[:, None], out=stops[:-1])
    np.subtract(ends, len(spelling.tail), out=stops[-1])
    rest = [len(piece) - place for piece, place in zip(spelling.before, places, strict=True)]
    starts = np.add(marks, np.array(rest)[:, None], out=marks)
    is_whole = starts[0] == begins + len(spelling.before[0])
    is_whole &= (starts < stops).all(axis=0)
    if not is_whole.all():
        records, starts, stops = records[is_whole], starts[:, is_whole], stops[:, is_whole]
    return _are_spelled(spelling, block, records, starts, stops)


def _are_spelled(
    spelling: Spelling, block: Block, records: Positions, starts: Positions, stops: Positions
) -> _Lines:
    """Return those of the ``records`` whose values stand between the spelling's own pieces.

    A piece is looked at together with the outer bytes of the values around it.
    """
    is_spelled = np.ones(records.size, bool)
    first, last = np.empty((2, *starts.shape), np.uint8)
    for n, piece in enumerate((*spelling.before, spelling.tail)):
        before, after = int(n > 0), int(n < len(starts))
        at = stops[n - 1] - 1 if before else starts[0] - len(piece)
        found = _windows(block, at, before + len(piece) + after)
        if before:
            last[n - 1] = found[:, 0]
            found[:, 0] = 0
        if after:
            first[n] = found[:, -1]
            found[:, -1] = 0
        is_spelled &= _are_all(found, bytes(before) + piece + bytes(after))
    lines = _Lines(records=records, starts=starts, stops=stops, first=first, last=last)
    return lines.only(is_spelled)


def _windows(block: Block, at: Positions, width: int) -> Bytes:
    """Return the ``width`` bytes from each place on: (places, bytes); the block has that many."""
    if not at.size:
        return np.empty((0, width), np.uint8)
    windows = np.ndarray((len(block.data) - width + 1,), f"V{width}", block.data, strides=(1,))
    return windows[at].view(np.uint8).reshape(-1, width)


def _are_all(found: Bytes, expected: bytes) -> Flags:
    """Say of each row of bytes whether it is the ``expected`` one."""
    if found.tobytes() == expected * len(found):
        return np.ones(len(found), bool)
    return np.asarray((found == np.frombuffer(expected, np.uint8)).all(axis=1))


def _is_even(found: Positions, columns: int, block: Block) -> bool:
    """Say whether of the places ``found`` each record has as many as there are columns."""
    if found.size != columns * block.count:
        return False
    first, last = found[::columns], found[columns - 1 :: columns]
    return bool((first >= block.starts).all() and (last < block.ends).all())


def _count(found: Positions, block: Block) -> Positions:
    """Return how many of the places ``found`` each record has."""
    return np.diff(np.searchsorted(found, np.append(block.starts, block.view.size)))


def _kinds(block: Block, lines: _Lines) -> tuple[Flags, Flags]:
    """Return which values stand in quotes, and which are null."""
    sizes = lines.stops - lines.starts
    is_quoted = (lines.first == _QUOTE) & (lines.last == _QUOTE) & (sizes > 1)
    is_null = (lines.first == _NULL[0]) & (sizes == len(_NULL))
    likely = np.flatnonzero(is_null)
    found = _windows(block, lines.starts.take(likely), len(_NULL))
    np.put(is_null, likely, _are_all(found, _NULL))
    return is_quoted, is_null


def _are_strict(
    spelling: Spelling, block: Block, lines: _Lines, is_quoted: Flags, is_null: Flags
) -> Flags:
    """Return the lines of which each value is what JSON, and its column's type, let it be."""
    is_strict = is_quoted | is_null
    for n, column in enumerate(spelling.columns):
        if shape := bare(column):
            is_strict[n] &= may_be_quoted(column) | is_null[n]
            there = np.flatnonzero(~is_strict[n])
            places = (lines.starts[n : n + 1, there], lines.stops[n : n + 1, there])
            [texts] = as_texts(block.data, *places)
            fits = pc.match_substring_regex(texts, rf"\A(?:{shape})\z")
            is_strict[n, there] = fits.to_numpy(zero_copy_only=False)
    return np.asarray(is_strict.all(axis=0))


def _have_no_other_quotes(
    spelling: Spelling, block: Block, lines: _Lines, is_quoted: Flags, quotes: int
) -> Flags:
    """Return the lines without a quote but those around keys and values; none has fewer.

    The block has so many ``quotes``.
    """
    around_keys = 2 * len(spelling.columns)
    expected = around_keys * block.count + 2 * np.count_nonzero(is_quoted)
    if lines.records.size == block.count and quotes == expected:
        return np.ones(block.count, bool)
    found = _count(np.flatnonzero(block.view == _QUOTE), block)[lines.records]
    return np.asarray(found == around_keys + 2 * np.count_nonzero(is_quoted, axis=0))

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
from include.landing.records import Block, Positions
from include.landing.spelling import KEY_END, Spelling
from include.landing.vectors import as_texts

_QUOTE, _COLON = KEY_END
_NULL = b"null"
_RARE = (b"\\", b"\t")  # a value with one is no text as it stands, or no JSON

Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class _Lines:
    """Lines of a block, and where in it their values stand: (columns, lines), quotes and all."""

    records: Positions  # in the block
    begins: Positions  # of the lines
    ends: Positions
    starts: Positions  # of the values
    stops: Positions

    def only(self, is_kept: Flags) -> "_Lines":
        if is_kept.all():
            return self
        return _Lines(
            records=self.records[is_kept],
            begins=self.begins[is_kept],
            ends=self.ends[is_kept],
            starts=self.starts[:, is_kept],
            stops=self.stops[:, is_kept],
        )


def cut(
    spelling: Spelling, block: Block, is_wanted: Flags, *, null_tokens: Collection[str]
) -> tuple[Positions, list[pa.StringArray]]:
    """Return which of the wanted records could be cut, and each column's texts.

    A text is null where the line says so, or has one of the ``null_tokens``.
    """
    lines = _find(spelling, block, is_wanted & ~_holds_rare(block))
    lines = lines.only(_are_spelled(spelling, block, lines))
    is_quoted, is_null = _kinds(block, lines)
    is_cut = _are_strict(spelling, block, lines, is_quoted, is_null)
    is_cut &= _have_no_other_quotes(spelling, block, lines, is_quoted)
    if not is_cut.all():
        lines, is_quoted, is_null = lines.only(is_cut), is_quoted[:, is_cut], is_null[:, is_cut]
    starts, stops = lines.starts + is_quoted, lines.stops - is_quoted
    np.copyto(stops, starts, where=is_null)
    if "" in null_tokens:
        is_null = starts == stops
    texts = as_texts(block.data, starts, stops, is_null)
    if others := set(null_tokens) - {""}:
        tokens = pa.array(others, pa.string())
        texts = [pc.if_else(pc.is_in(found, tokens), None, found) for found in texts]
    return lines.records, texts


def _holds_rare(block: Block) -> Flags:
    """Return which records hold a sign that no text is taken with as it stands."""
    holds = np.zeros(block.count, bool)
    for sign in _RARE:
        if sign in block.data:
            places = np.flatnonzero(block.view == sign[0])
            holds[np.searchsorted(block.ends, places)] = True
    return holds


def _find(spelling: Spelling, block: Block, is_wanted: Flags) -> _Lines:
    """Return the wanted lines with as many key ends as there are columns, cut there."""
    is_key_end = block.view[:-1] == _QUOTE
    is_key_end &= block.view[1:] == _COLON
    found, columns, is_kept = np.flatnonzero(is_key_end), len(spelling.columns), is_wanted
    if not is_wanted.all() or not _is_even(found, columns, block):
        counts = _count(found, block)
        is_kept = is_wanted & (counts == columns)
        found = found[np.repeat(is_kept, counts)]
    marks = np.ascontiguousarray(found.reshape(-1, columns).T)
    begins, ends = block.starts[is_kept], block.ends[is_kept]
    places = [piece.index(KEY_END) for piece in spelling.before]
    rest = [len(piece) - place for piece, place in zip(spelling.before, places, strict=True)]
    starts = marks + np.array(rest)[:, None]
    stops = np.empty_like(starts)
    stops[:-1] = marks[1:] - np.array(places[1:])[:, None]
    stops[-1] = ends - len(spelling.tail)
    lines = _Lines(
        records=np.flatnonzero(is_kept), begins=begins, ends=ends, starts=starts, stops=stops
    )
    is_whole = starts[0] == begins + len(spelling.before[0])
    is_whole &= (starts < stops).all(axis=0)
    return lines.only(is_whole)


def _is_even(found: Positions, columns: int, block: Block) -> bool:
    """Say whether of the places ``found`` each record has as many as there are columns."""
    if found.size != columns * block.count:
        return False
    first, last = found[::columns], found[columns - 1 :: columns]
    return bool((first >= block.starts).all() and (last < block.ends).all())


def _count(found: Positions, block: Block) -> Positions:
    """Return how many of the places ``found`` each record has."""
    return np.diff(np.searchsorted(found, np.append(block.starts, block.view.size)))


def _are_spelled(spelling: Spelling, block: Block, lines: _Lines) -> Flags:
    """Return which lines have the spelling's own pieces around their values."""
    is_spelled = np.ones(lines.records.size, bool)
    pieces, places = (*spelling.before, spelling.tail), (lines.begins, *lines.stops)
    for piece, at in zip(pieces, places, strict=True):
        is_spelled &= _is_there(block, at, piece)
    return is_spelled


def _is_there(block: Block, at: Positions, piece: bytes) -> Flags:
    """Say of each place whether ``piece`` stands there; no place is too near the end for it."""
    if not at.size:
        return np.ones(0, bool)
    width = len(piece)
    windows = np.ndarray((len(block.data) - width + 1,), f"V{width}", block.data, strides=(1,))
    found = windows[at]
    if found.tobytes() == piece * at.size:
        return np.ones(at.size, bool)
    same = found.view(np.uint8).reshape(-1, width) == np.frombuffer(piece, np.uint8)
    return np.asarray(same.all(axis=1))


def _kinds(block: Block, lines: _Lines) -> tuple[Flags, Flags]:
    """Return which values stand in quotes, and which are null."""
    first, last = block.view[lines.starts], block.view[lines.stops - 1]
    sizes = lines.stops - lines.starts
    is_quoted = (first == _QUOTE) & (last == _QUOTE) & (sizes > 1)
    is_null = (first == _NULL[0]) & (sizes == len(_NULL))
    likely = np.nonzero(is_null)
    is_null[likely] = _is_there(block, lines.starts[likely], _NULL)
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
    spelling: Spelling, block: Block, lines: _Lines, is_quoted: Flags
) -> Flags:
    """Return the lines without a quote but those around keys and values; none has fewer."""
    around_keys, is_quote = 2 * len(spelling.columns), block.view == _QUOTE
    if lines.records.size == block.count:
        expected = around_keys * block.count + 2 * np.count_nonzero(is_quoted)
        if np.count_nonzero(is_quote) == expected:
            return np.ones(block.count, bool)
    found = _count(np.flatnonzero(is_quote), block)[lines.records]
    return np.asarray(found == around_keys + 2 * np.count_nonzero(is_quoted, axis=0))

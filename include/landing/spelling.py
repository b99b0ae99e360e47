"""Spelling: how a JSON Lines file writes its lines, as its first line shows.

A line that is spelled alike differs from it in nothing but its values, so :mod:`.cutting` finds
them by their places. What JSON allows belongs in :mod:`include.landing.json_grammar`.
"""

import json
import re
from dataclasses import dataclass

from include.landing.contract import Column, Contract
from include.landing.json_grammar import END, OBJECT, SCALAR, SPACE, STRING

KEY_END = b'":'
_LINE = re.compile(f"{OBJECT}{END}")
_MEMBER = re.compile(f"{SPACE}[{{,]{SPACE}{STRING}{SPACE}:{SPACE}({SCALAR})")


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """A line in pieces: before each column's value stands one, and after the last ``tail``.

    In each piece ``KEY_END`` stands once, and no other quote but the one that opens the key. The
    tail goes up to the line feed.
    """

    columns: tuple[Column, ...]
    before: tuple[bytes, ...]
    tail: bytes


def read_spelling(contract: Contract, line: bytes, keys: list[str]) -> Spelling:
    """Return how ``line``, which has the ``keys``, is written; if it is no example, the shortest.

    A line is none that is no flat object of the contract's columns, each at most once and named
    without escapes, its colon right behind the name.
    """
    columns = {column.name: column for column in contract.columns}
    text = line.decode("utf-8", "replace") + "\n"
    if not keys or not set(keys) <= set(columns) or not _LINE.fullmatch(text):
        return _shortest(contract)
    found = list(_MEMBER.finditer(text))
    starts = [0, *(member.end() for member in found[:-1])]
    before = [text[start : member.start(1)] for start, member in zip(starts, found, strict=True)]
    if any(f'"{key}":' not in piece for key, piece in zip(keys, before, strict=True)):
        return _shortest(contract)
    return Spelling(
        columns=tuple(columns[key] for key in keys),
        before=tuple(piece.encode() for piece in before),
        tail=text[found[-1].end() : -1].encode(),
    )


def _shortest(contract: Contract) -> Spelling:
    """Return the contract's columns in their order, without a space."""
    names = [json.dumps(column.name) for column in contract.columns]
    return Spelling(
        columns=contract.columns,
        before=tuple(f"{',' if n else '{'}{name}:".encode() for n, name in enumerate(names)),
        tail=b"}",
    )

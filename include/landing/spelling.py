"""Spelling: how a JSON Lines file writes its lines, so that writing a line again proves it strict.

DuckDB's JSON reader is fast and takes what JSON forbids: trailing commas, NaN, keys twice. Where
the values it found, written out as the file's first line is, make the very bytes of a line, that
line is strict JSON with each key once, whatever the reader would have let pass: it is put together
from pieces that are. That holds for plain lines alone, of whose values none can hold a quote.
"""

import json
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from include.landing.contract import Column, Contract
from include.landing.json_grammar import END, OBJECT, SCALAR, SPACE, STRING, bare
from include.landing.records import Block
from include.warehouse import literal, quoted_column

_LINE = re.compile(f"{OBJECT}{END}")
_MEMBER = re.compile(f"{SPACE}[{{,]{SPACE}{STRING}{SPACE}:{SPACE}({SCALAR})")
_BRACE = ord("{")
_RARE = (b"\\", b"\t", b"[")  # each makes a line no plain one, wherever it stands


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """A line in pieces: before each value stands one, and after the last ``tail``.

    ``quoted`` says of each column's values whether they have quotes.
    """

    columns: tuple[Column, ...]
    before: tuple[str, ...]
    quoted: tuple[bool, ...]
    tail: str

    def is_likely(self, line: str) -> str:
        """Return the SQL that holds for lines that begin and end so: few others are worth more."""
        start, end = literal(self.before[0]), literal(self.tail)
        return f"starts_with({line}, {start}) AND ends_with({line}, {end})"

    def is_proved(self, line: str, values: str) -> str:
        """Return the SQL that holds for a plain ``line`` if the struct ``values`` is all of it."""
        pieces, kept = [], []
        for column, before, has_quotes in zip(self.columns, self.before, self.quoted, strict=True):
            value = f"{values}.{quoted_column(column.name)}"
            mark = '"' if has_quotes else ""
            opened = f"CASE WHEN {value} IS NULL THEN 'null' ELSE {literal(mark)} END"
            closed = f"CASE WHEN {value} IS NULL THEN '' ELSE {literal(mark)} END"
            pieces += [literal(before), opened, value, *([closed] if mark else [])]
            if not has_quotes:  # what may stand bare is a matter of the column's type
                shape = literal(bare(column))
                kept.append(f"coalesce(regexp_full_match({value}, {shape}), true)")
        return " AND ".join([f"{line} = concat({', '.join(pieces)}, {literal(self.tail)})", *kept])


def read_spelling(contract: Contract, line: bytes, keys: list[str]) -> Spelling:
    """Return how ``line``, which has the ``keys``, is written; if it is no example, the shortest.

    A line is none that is no flat object of the contract's columns, each at most once.
    """
    columns = {column.name: column for column in contract.columns}
    text = line.decode("utf-8", "replace") + "\n"
    if not keys or not set(keys) <= set(columns) or not _LINE.fullmatch(text):
        return _shortest(contract)
    found = list(_MEMBER.finditer(text))
    starts = [0, *(member.end() for member in found[:-1])]
    return Spelling(
        columns=tuple(columns[key] for key in keys),
        before=tuple(text[n : m.start(1)] for n, m in zip(starts, found, strict=True)),
        quoted=tuple(
            bare(columns[key]) is None or m[1].startswith('"')
            for key, m in zip(keys, found, strict=True)
        ),
        tail=text[found[-1].end() :],
    )


def _shortest(contract: Contract) -> Spelling:
    """Return the contract's columns in their order, without a space."""
    names = [json.dumps(column.name, ensure_ascii=False) for column in contract.columns]
    return Spelling(
        columns=contract.columns,
        before=tuple(f"{',' if n else '{'}{name}:" for n, name in enumerate(names)),
        quoted=tuple(bare(column) is None for column in contract.columns),
        tail="}\n",
    )


def find_plain(block: Block) -> NDArray[np.bool_]:
    """Return which of a block's records have neither escapes nor tabs nor objects within.

    No value of such a record, if it is an object at all, holds a quote or a backslash.
    """
    is_plain = np.ones(block.count, bool)
    for sign in _RARE:
        if sign in block.data:
            is_plain[np.searchsorted(block.ends, np.flatnonzero(block.view == sign[0]))] = False
    is_brace = block.view == _BRACE
    starts_alike = np.all(is_brace[block.starts])
    if not starts_alike or np.count_nonzero(is_brace) > block.count:
        # A record's first brace is its own; one more is another object, or in a text.
        holder = np.searchsorted(block.ends, np.flatnonzero(is_brace))
        is_plain[holder[1:][holder[1:] == holder[:-1]]] = False
    return is_plain

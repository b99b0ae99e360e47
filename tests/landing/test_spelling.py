"""Lines that are proved by being written again: no line is, that strict JSON would not be."""

import json
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.landing.json_grammar import END, OBJECT
from include.landing.records import Block
from include.landing.spelling import find_plain, read_spelling
from include.warehouse import connect, literal
from tests.landing.door import MONDAY, ORDERS, Door

ADA = b'{"order_id": "ada", "quantity": 1, "amount": 2.5, "ordered_at": null}'
KEYS = list(json.loads(ADA))


def proved(example: bytes, lines: list[bytes]) -> list[bool]:
    """Return which of ``lines`` are proved by the spelling of ``example``."""
    spelling = read_spelling(ORDERS, example, KEYS)
    data = b"".join(line + b"\n" for line in lines)
    plain = find_plain(Block(first=0, count=len(lines), data=data, offset=0))
    shape = literal(json.dumps(dict.fromkeys(KEYS, "VARCHAR")))
    tried = ", ".join(
        f"({n}, {literal(line.decode() + chr(10))}, {is_plain})"
        for n, (line, is_plain) in enumerate(zip(lines, plain, strict=True))
    )
    with connect(None) as connection:
        rows = connection.execute(
            f"SELECT coalesce({spelling.is_proved('line', 'found')}, false) FROM (SELECT *, "
            f"CASE WHEN plain AND {spelling.is_likely('line')} THEN "
            f"try(json_transform(line, {shape})) END AS found "
            f"FROM (VALUES {tried}) AS t(n, line, plain)) ORDER BY n"
        ).fetchall()
    return [row[0] for row in rows]


def test_lines_written_like_the_first_are_proved() -> None:
    lines = [
        ADA,
        ADA.replace(b"ada", "\u00f6 \U0001f600'}:,".encode()),
        ADA.replace(b"2.5", b"-0.25"),
    ]
    assert proved(ADA, lines) == [True, True, True]


@pytest.mark.parametrize(
    "changed",
    [
        b'{"order_id": "a", "quantity": 1, "amount": 2.5, "ordered_at": null,}',
        b'{"order_id": "a", "quantity": NaN, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1, "amount": -Infinity, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 01, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": "1", "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1.0, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1, "amount": 1e5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1, "amount": 100000.0e0, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1, "amount": 2.5, "order_id": "b", "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1, "amount": [2], "ordered_at": null}',
        b'{"order_id": {"a": 1}, "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1, "amount": 2.5, "ordered_at": 7}',
        b'{"order_id": "a\\u0062", "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a\t", "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a" "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": a", "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "", "quantity": 1, "amount": 12345678901234567890, "ordered_at": null}',
    ],
)
def test_what_the_reader_would_let_pass_is_not_proved(changed: bytes) -> None:
    assert proved(ADA, [ADA, changed]) == [True, False]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_no_line_is_proved_that_the_expression_refuses(data: st.DataObject) -> None:
    signs = [b'"', b",", b":", b"{", b"}", b"[", b"]", b"\\", b" ", b"null", b"1", b"a", b"\t"]
    lines = [ADA]
    for _ in range(60):
        at = data.draw(st.integers(0, len(ADA)))
        kept = data.draw(st.integers(0, 2))
        sign = data.draw(st.sampled_from(signs))
        lines.append(ADA[:at] + sign + ADA[at + kept :])
    values = ", ".join(f"({n}, {literal(line.decode())})" for n, line in enumerate(lines))
    with connect(None) as connection:
        strict = connection.execute(
            f"SELECT regexp_full_match(line, {literal(OBJECT + END)}) "
            f"FROM (VALUES {values}) AS t(n, line) ORDER BY n"
        ).fetchall()
    found = proved(ADA, lines)
    assert found[0]
    for line, is_proved, (is_strict,) in zip(lines, found, strict, strict=True):
        assert is_strict or not is_proved, line


def test_plain_lines_have_one_brace_and_neither_escapes_nor_brackets() -> None:
    parts = [b"", b"{", b"\\", b"[", b"\t", b"x"]
    lines = [b"".join(pair) for pair in product(parts, parts)]
    block = Block(first=0, count=len(lines), data=b"".join(x + b"\n" for x in lines), offset=0)
    expected = [x.count(b"{") < 2 and not set(x) & set(b"\\[\t") for x in lines]
    assert np.array_equal(find_plain(block), expected)


def test_every_spelling_of_the_same_lands_the_same(make_door: Callable[..., Door]) -> None:
    orders = [
        {"order_id": f"o{n}", "quantity": n, "amount": None if n % 3 else n / 4, "ordered_at": None}
        for n in range(50)
    ]
    for separators in ((",", ":"), (", ", ": "), (" , ", " : ")):
        door = make_door(format="jsonl", pattern="*.jsonl", name="orders.jsonl")
        lines = [json.dumps(order, separators=separators) + "\n" for order in orders]
        door.deliver(MONDAY, "".join(lines))
        done = door.land()
        assert (done["landed"], done["quarantined"]) == (50, 0)
        assert door.values("quantity") == list(range(50))
        assert [str(v) for v in door.values("amount")[:4]] == ["0.00", "None", "None", "0.75"]

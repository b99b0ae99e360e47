"""Lines whose values are cut out by their places: none is, that strict JSON would not be."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.landing.cutting import cut
from include.landing.json_grammar import END, OBJECT
from include.landing.records import Block
from include.landing.spelling import read_spelling
from include.warehouse import connect, literal
from tests.landing.door import MONDAY, ORDERS, Door, column

ADA = b'{"order_id": "ada", "quantity": 1, "amount": 2.5, "ordered_at": null}'
KEYS = list(json.loads(ADA))


def cut_lines(
    example: bytes, lines: list[bytes], *, null_tokens: tuple[str, ...] = ()
) -> dict[int, list[str | None]]:
    """Return the values of those of ``lines`` that are cut by the spelling of ``example``."""
    spelling = read_spelling(ORDERS, example, list(json.loads(example)))
    data = b"".join(line + b"\n" for line in lines)
    block = Block(first=0, count=len(lines), data=data, offset=0)
    wanted = np.ones(len(lines), bool)
    numbers, texts = cut(spelling, block, wanted, null_tokens=null_tokens)
    rows = zip(*(column.to_pylist() for column in texts), strict=True)
    return dict(zip(numbers.tolist(), map(list, rows), strict=True))


def test_lines_written_like_the_first_are_cut() -> None:
    odd = "\u00f6 \U0001f600'}:,{["
    lines = [ADA, ADA.replace(b"ada", odd.encode()), ADA.replace(b"2.5", b'"-0.25"')]
    assert cut_lines(ADA, lines) == {
        0: ["ada", "1", "2.5", None],
        1: [odd, "1", "2.5", None],
        2: ["ada", "1", "-0.25", None],
    }


@pytest.mark.parametrize(
    "example",
    [
        ADA.replace(b" ", b""),
        ADA.replace(b": ", b":"),
        ADA.replace(b"{", b" {  ").replace(b"}", b" } \r"),
        b'{"amount":2.5,"order_id":"ada"}',
    ],
    ids=["no space", "few spaces", "many spaces and CRLF", "other order, keys left out"],
)
def test_whatever_the_spelling_its_lines_are_cut(example: bytes) -> None:
    lines = [example.replace(b"ada", name) for name in (b"", b"bob", b"null")]
    expected = [[None if v is None else str(v) for v in json.loads(x).values()] for x in lines]
    assert list(cut_lines(example, lines).values()) == expected
    assert list(cut_lines(example, [ADA.replace(b'"order_id"', b'"orderid"')])) == []


def test_null_tokens_are_null_whatever_their_length() -> None:
    lines = [ADA.replace(b"ada", name) for name in (b"", b"NA", b"NA ", b"1")]
    for tokens in ((), ("",), ("NA",), ("", "NA", "1")):
        found = cut_lines(ADA, lines, null_tokens=tokens)
        texts = [["", "1"], ["NA", "1"], ["NA ", "1"], ["1", "1"]]
        expected = [[None if text in tokens else text for text in row] for row in texts]
        assert [row[:2] for row in found.values()] == expected


@pytest.mark.parametrize(
    "changed",
    [
        b'{"order_id": "a", "quantity": 1, "amount": 2.5, "ordered_at": null,}',
        b'{"order_id": "a", "quantity": 1, "amount": 2.5, "ordered_at": null} ',
        b'{"order_id": "a", "quantity": 1, "amount": 2.5, "ordered_at": null}}',
        b'{"order_id": "a", "quantity": NaN, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1, "amount": -Infinity, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 01, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": -, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": , "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": "1", "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1.0, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1, "amount": 1e5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1, "amount": 100000.0e0, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1, "amount": 2.5, "order_id": "b", "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1, "order_id": 2.5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1, "amount": 2.5, "ordered_by": null}',
        b'{"order_id": "a", "quantity": 1, "amount": [2], "ordered_at": null}',
        b'{"order_id": {"a": 1}, "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a", "quantity": 1, "amount": 2.5, "ordered_at": 7}',
        b'{"order_id": "a", "quantity": 1, "amount": 2.5, "ordered_at": nill}',
        b'{"order_id": "a", "quantity": 1, "amount": 2.5, "ordered_at": true}',
        b'{"order_id": "a\\u0062", "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a\\", "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a\t", "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a"b", "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a"b"c", "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "a" "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": a", "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": ", "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'x{"order_id": "a", "quantity": 1, "amount": 2.5, "ordered_at": null}',
        b'{"order_id": "", "quantity": 1, "amount": 12345678901234567890, "ordered_at": null}',
        b'":":":":',
        b"",
    ],
)
def test_what_is_no_strict_line_of_the_spelling_is_not_cut(changed: bytes) -> None:
    """Alone, and between others, whose quotes may make up for one another."""
    bob = ADA.replace(b"ada", b"bob")
    many = ADA.replace(b"ada", b'a""""""""b')  # as many too many as a blank line has too few
    for lines in ([changed], [ADA, changed, bob], [changed, b"", bob, many]):
        found = cut_lines(ADA, lines)
        assert list(found) == [n for n, line in enumerate(lines) if line in {ADA, bob}]
        assert {row[0] for row in found.values()} <= {"ada", "bob"}


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_line_is_cut_that_the_expression_refuses_or_json_reads_otherwise(
    data: st.DataObject,
) -> None:
    signs = [b'"', b",", b":", b"{", b"}", b"[", b"]", b"\\", b" ", b"null", b"1", b"a", b"\t"]
    lines = [ADA]
    for _ in range(60):
        line = data.draw(st.sampled_from(lines))  # a change of a change, too
        at = data.draw(st.integers(0, len(line)))
        kept = data.draw(st.integers(0, 2))
        sign = data.draw(st.sampled_from([*signs, b""]))
        lines.append(line[:at] + sign + line[at + kept :])
    values = ", ".join(f"({n}, {literal(line.decode())})" for n, line in enumerate(lines))
    with connect(None) as connection:
        strict = connection.execute(
            f"SELECT regexp_full_match(line, {literal(OBJECT + END)}) "
            f"FROM (VALUES {values}) AS t(n, line) ORDER BY n"
        ).fetchall()
    found = cut_lines(ADA, lines)
    assert found[0]
    for number, texts in found.items():
        assert strict[number] == (True,), lines[number]
        pairs = json.loads(lines[number], object_pairs_hook=list, parse_float=str, parse_int=str)
        assert pairs == list(zip(KEYS, texts, strict=True)), lines[number]


VALUES = [  # of one column: what may stand there in JSON, and what may not
    *[
        '"a"',
        '"1"',
        '""',
        '" "',
        '"NA"',
        '"null"',
        "null",
        "Null",
        "nul",
        "true",
        '"true"',
        "false",
    ],
    *[
        "0",
        "-0",
        "00",
        "01",
        "-1",
        "+1",
        "1.",
        ".5",
        "1.0",
        "1.50",
        "1e5",
        "1E-2",
        "1.23456",
        "NaN",
    ],
    *["-", "12345678901", "123456789012", "9223372036854775807", "99999999999999999999", "1_0"],
    *['"2025-03-01 10:00:00"', '"2025-03-01"', '"2025-02-30"', '"2025-03-01T10:00:00Z"', '"noon"'],
    *['"1740823200"', "1740823200", r'"\u0061"', r'"\ud83d\ude00"', r'"\ud83d"', r'"\u0000"'],
    *[
        r'"\""',
        r'"a\\"',
        r'"\/"',
        r'"\x"',
        '"\u00f6 \U0001f600"',
        '"\t"',
        '"\x01"',
        '"\x7f"',
        '":"',
    ],
    *['"a":"b"', '"a"b"', '"a""b"', '"', '"{"', '"}"', '{"a":1}', "[1]", "[", "", '"a', 'a"'],
]
COLUMNS = (
    column("id", "string", required=True, key_position=1),
    column("name", "string"),
    column("is_open", "boolean"),
    column("quantity", "integer", "bigint"),
    column("amount", "number"),
    column("day", "date"),
    column("at", "timestamp"),
    column("since", "timestamp", epoch="s"),
)
GOOD = ['"n"', '"x"', "true", "1", "2.5", '"2025-03-01"', '"2025-03-01 10:00:00"', "1740823200"]


def hostile_lines(random: Random) -> list[str]:
    """Return lines with good values but for one or two; some are changed as a whole, too."""
    names = [c.name for c in COLUMNS]
    lines = []
    for number in range(2_000):
        values = [f'"{number}"', *GOOD[1:]]
        for _ in range(random.randrange(3)):
            values[random.randrange(1, len(values))] = random.choice(VALUES)
        pairs = [f'"{name}":{value}' for name, value in zip(names, values, strict=True)]
        change = random.randrange(12)
        if change == 0:
            random.shuffle(pairs)
        elif change == 1:
            pairs.pop(random.randrange(1, len(pairs)))
        elif change == 2:
            pairs.append(random.choice(pairs))
        line = "{" + ",".join(pairs) + "}"
        ends = ["", " ", "\t", "\r", " \r", ",", "}", "x"]
        starts = ["", " ", "\ufeff", "[", ","]
        lines.append(random.choice(starts) + line + random.choice(ends) if change == 3 else line)
    return lines


@pytest.mark.parametrize("null_tokens", [(), ("",), ("NA", "1", "")])
def test_every_line_lands_or_waits_as_if_none_were_cut(
    make_door: Callable[..., Door], null_tokens: tuple[str, ...]
) -> None:
    """The same lines twice: after a first line that is spelled like them, and like none of them."""
    lines = hostile_lines(Random(11))  # noqa: S311
    first = (
        "{"
        + ",".join(f'"{c.name}":{v}' for c, v in zip(COLUMNS, ['"first"', *GOOD[1:]], strict=True))
        + "}"
    )
    found: list[Any] = []
    for spelled in (first, first.replace('":', '":  ')):
        door = make_door(
            format="jsonl",
            pattern="*",
            name="orders.jsonl",
            columns=COLUMNS,
            null_tokens=null_tokens,
        )
        door.deliver(MONDAY, "\n".join([spelled, *lines]))
        done = door.land()
        assert done["landed"] > 500
        assert done["quarantined"] > 500
        table = door.ask("SELECT * EXCLUDE (_batch_id) FROM raw_shop.orders ORDER BY _row_number")
        found.append((table, door.aside()))
    assert found[0] == found[1]


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

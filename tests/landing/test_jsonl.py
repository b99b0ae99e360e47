"""What becomes of JSON Lines: strict flat objects land, others are set aside, lost keys refuse."""

import json
from collections.abc import Callable

import pytest

from include.landing.errors import ExtractRefusedError
from tests.landing.door import MONDAY, Door, column


def line(**changes: object) -> str:
    """Return one order as a line of JSON."""
    order = {"order_id": "ada", "quantity": 1, "amount": 2.5, "ordered_at": "2025-03-01 10:00:00"}
    return (
        json.dumps({key: value for key, value in (order | changes).items() if value != ...}) + "\n"
    )


def test_flat_objects_land_with_their_types(jsonl_door: Door) -> None:
    jsonl_door.deliver(
        MONDAY,
        line(order_id="caf\u00e9 \U0001f600") + line(order_id='a"\\/\n', amount=None),
        rows=2,
    )
    jsonl_door.land()
    assert jsonl_door.values("order_id") == ["caf\u00e9 \U0001f600", 'a"\\/\n']
    assert [str(v) for v in jsonl_door.values("amount")] == ["2.50", "None"]


@pytest.mark.parametrize(
    "second",
    [
        '{"quantity": 2, "order_id": "bob", "amount": null, "ordered_at": null}\n',
        '{"order_id":"bob","quantity":2}\n',
        ' {  "order_id" : "bob" , "quantity":2,"amount":"3.10","ordered_at":""} \r\n',
        '{"order_id":"\\u0062ob","quantity":2}',
    ],
    ids=["other order", "keys left out", "spaces and CRLF", "escape, no line break"],
)
def test_what_means_the_same_loads_the_same(jsonl_door: Door, second: str) -> None:
    jsonl_door.deliver(MONDAY, line() + second)
    assert jsonl_door.land()["quarantined"] == 0
    assert jsonl_door.values("order_id") == ["ada", "bob"]
    assert jsonl_door.values("quantity") == [1, 2]
    assert jsonl_door.values("ordered_at")[1] is None


NOT_AN_OBJECT = "line: not a flat JSON object of plain values"
NOT_PLAIN = "amount: not a number in plain digits (up to 15 keep exact; else send a string) in JSON"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('{"order_id":"b","quantity":1,}', NOT_AN_OBJECT),
        ('{"order_id":"b","quantity":NaN}', NOT_AN_OBJECT),
        ('{"order_id":"b","quantity":-Infinity}', NOT_AN_OBJECT),
        ('{"order_id":"b","quantity":01}', NOT_AN_OBJECT),
        ("{'order_id':'b'}", NOT_AN_OBJECT),
        ('{"order_id":"b","quantity":1', NOT_AN_OBJECT),
        ('{"order_id":"b","quantity":1}}', NOT_AN_OBJECT),
        ('{"order_id":"b"}{"order_id":"c"}', NOT_AN_OBJECT),
        ('{"order_id":"b" "quantity":1}', NOT_AN_OBJECT),
        ('{"order_id":{"id":"b"},"quantity":1}', NOT_AN_OBJECT),
        ('{"order_id":["b"],"quantity":1}', NOT_AN_OBJECT),
        ('["order_id","b"]', NOT_AN_OBJECT),
        ('"order_id"', NOT_AN_OBJECT),
        ("null", NOT_AN_OBJECT),
        ('{"order_id":"\\ud800","quantity":1}', NOT_AN_OBJECT),
        ('{"order_id":"\\udc00\\ud800","quantity":1}', NOT_AN_OBJECT),
        ('{"order_id":"\\u0000","quantity":1}', NOT_AN_OBJECT),
        ('{"order_id":"\\x41","quantity":1}', NOT_AN_OBJECT),
        ('{"order_id":"b\tc","quantity":1}', NOT_AN_OBJECT),
        ('{"order_id":"b"} // note', NOT_AN_OBJECT),
        ("[" * 500 + "]" * 500, NOT_AN_OBJECT),
        ('{"order_id":"b","order_id":"c","quantity":1}', "line: a key given twice"),
        ('{"order_id":7,"quantity":1}', "order_id: not a string in JSON"),
        ('{"order_id":"b","quantity":"1"}', "quantity: not a whole number in JSON"),
        ('{"order_id":"b","quantity":1.0}', "quantity: not a whole number in JSON"),
        ('{"order_id":"b","quantity":true}', "quantity: not a whole number in JSON"),
        (
            '{"order_id":"b","quantity":1,"amount":1e400}',
            NOT_PLAIN,
        ),
        (
            '{"order_id":"b","quantity":1,"amount":0.12345}',
            NOT_PLAIN,
        ),
        ('{"order_id":"b","quantity":1,"amount":0.123}', "amount: not a decimal(18,2)"),
        (
            '{"order_id":"b","quantity":1,"ordered_at":1740823200}',
            "ordered_at: not a string in JSON",
        ),
        ('{"order_id":null,"quantity":1}', "order_id: missing"),
        ('{"quantity":1}', "order_id: missing"),
        ("", "line: blank"),
        ('{"order_id":"b\x01","quantity":1}', "line: a control character"),
    ],
)
def test_a_bad_line_is_set_aside_and_its_neighbours_land(
    jsonl_door: Door, bad: str, reason: str
) -> None:
    jsonl_door.deliver(MONDAY, line() + bad + "\n" + line(order_id="eve"), rows=3)
    done = jsonl_door.land()
    assert (done["delivered"], done["landed"], done["quarantined"]) == (3, 2, 1)
    assert jsonl_door.values("_row_number") == [1, 3]
    [(row_number, raw_text, reasons)] = jsonl_door.aside()
    assert (row_number, raw_text) == (2, bad)
    assert reason in reasons


def test_a_bad_first_line_does_not_colour_the_rest(jsonl_door: Door) -> None:
    for first in ("{", '{"order_id":"b","order_id":"c","quantity":1}'):
        jsonl_door.deliver(MONDAY, first + "\n" + line() + line(order_id="eve"))
        jsonl_door.land()
        assert jsonl_door.values("order_id") == ["ada", "eve"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (line(note="x"), "keys the contract does not know: 'note'"),
        (line() + line(Amount=1), "keys the contract does not know: 'Amount'"),
        (
            line(quantity=..., qty=1),
            "missing columns: 'quantity'; columns the contract does not know: 'qty'",
        ),
        (line(amount=...), "missing columns: 'amount'"),
        ("{}\n", "missing columns"),
        ("not json\n", "missing columns"),
    ],
)
def test_lost_and_unknown_keys_refuse_the_file(jsonl_door: Door, content: str, said: str) -> None:
    jsonl_door.deliver(MONDAY, content)
    with pytest.raises(ExtractRefusedError, match=said):
        jsonl_door.land()
    assert jsonl_door.values("order_id") == []


def test_an_empty_file_lands_as_none(jsonl_door: Door) -> None:
    jsonl_door.deliver(MONDAY, "", rows=0)
    assert jsonl_door.land()["files"] == 1


def test_null_tokens_are_the_contracts_to_say(make_door: Callable[..., Door]) -> None:
    columns = (column("a", "string"), column("b", "string"))
    door = make_door(format="jsonl", columns=columns, null_tokens=())
    door.deliver(MONDAY, '{"a":"","b":null}\n')
    door.land()
    assert (door.values("a"), door.values("b")) == ([""], [None])

"""Quarantined rows are cast again by a corrected contract: moved, never doubled, all counted."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from include.landing.errors import ContractError
from include.landing.ledger import CONSERVATION
from include.landing.replay import replay
from tests.landing.door import (
    ADA,
    BOB,
    FRIDAY,
    HEADER,
    MONDAY,
    ORDERS,
    TUESDAY,
    Door,
    column,
    write_parquet,
)

LOOSER = replace(
    ORDERS,
    version="1.1.0",
    columns=tuple(
        replace(c, required=False, minimum=None) if c.name == "quantity" else c
        for c in ORDERS.columns
    ),
)
EVE = "eve,-1,1.00,2025-03-01 12:00:00\n"
DAN = "dan,nan,1.00,2025-03-01 12:00:00\n"


def again(door: Door, **terms: Any) -> dict[str, int]:
    return replay(door.contract, as_of=FRIDAY, raw=door.raw, **terms)


def accounts(door: Door) -> list[tuple[int, ...]]:
    return [row[3:] for row in door.ask(CONSERVATION)]


def loosened(contract: Any) -> Any:
    return replace(contract, version=LOOSER.version, columns=LOOSER.columns)


def test_a_row_the_corrected_contract_allows_moves_and_the_others_reasons_are_renewed(
    door: Door,
) -> None:
    door.deliver(MONDAY, HEADER + ADA + EVE + DAN + "dot\n")
    door.land()
    assert accounts(door) == [(4, 1, 3, 0)]

    door.contract = loosened(door.contract)
    assert again(door) == {"batches": 1, "landed": 1, "quarantined": 2}
    assert door.values("order_id") == ["ada", "eve"]
    assert door.values("_row_number") == [1, 2]
    assert door.values("_delivered_on") == [MONDAY, MONDAY]
    assert [row[0] for row in door.aside()] == [3, 4]
    assert door.aside()[1][1] == "dot"
    assert accounts(door) == [(4, 2, 2, 0)]
    assert door.ask("SELECT contract_version FROM ops.batches") == [("1.1.0",)]
    [(why,)] = door.ask("SELECT why FROM ops.rebuilds")
    assert why == "a replay moved 1 rows"


def test_a_replay_twice_moves_nothing_twice(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA + EVE + DAN)
    door.land()
    door.contract = loosened(door.contract)
    again(door)
    before = door.aside()
    assert again(door) == {"batches": 1, "landed": 0, "quarantined": 1}
    assert door.values("order_id") == ["ada", "eve"]
    assert door.aside() == before
    assert door.land()["skipped"] == 1


def test_a_replay_by_the_same_contract_changes_nothing(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA + ADA + BOB + BOB.replace("2,", "3,") + EVE + DAN + "x\n")
    door.land()
    before = door.aside(), door.values("order_id"), accounts(door)
    again(door)
    assert (door.aside(), door.values("order_id"), accounts(door)) == before


def test_columns_in_another_order_are_replayed_in_that_order(door: Door) -> None:
    door.deliver(
        MONDAY, "quantity,order_id,ordered_at,amount\r\n-1,eve,2025-03-01 12:00:00,1.00\r\n"
    )
    door.land()
    door.contract = loosened(door.contract)
    assert again(door)["landed"] == 1
    assert door.values("amount")[0] == 1


def test_a_line_that_was_cut_off_is_not_made_whole(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA + BOB.rstrip("\n"))
    door.land()
    assert again(door) == {"batches": 1, "landed": 0, "quarantined": 1}
    assert door.values("order_id") == ["ada"]


def test_bytes_that_are_no_text_stay(door: Door) -> None:
    door.deliver(MONDAY, (HEADER + ADA).encode() + b"b\xffb,1,1.00,2025-03-01 12:00:00\n")
    door.land()
    before = door.aside()
    again(door)
    assert door.aside() == before


def test_one_batch_can_be_replayed_alone(door: Door) -> None:
    door.deliver(MONDAY, HEADER + EVE)
    door.deliver(TUESDAY, HEADER + EVE.replace("eve", "eva"))
    door.land()
    door.contract = loosened(door.contract)
    [(batch_id,)] = door.ask("SELECT batch_id FROM ops.batches WHERE delivered_on = '2025-03-04'")
    assert again(door, batch_id=batch_id)["landed"] == 1
    assert door.values("order_id") == ["eva"]


def test_a_row_whose_key_has_landed_meanwhile_takes_it_out(door: Door) -> None:
    door.deliver(MONDAY, HEADER + "eve,1,1.00,2025-03-01 12:00:00\n" + EVE + ADA)
    door.land()
    assert door.values("order_id") == ["eve", "ada"]
    door.contract = loosened(door.contract)
    again(door)
    assert door.values("order_id") == ["ada"]
    assert accounts(door) == [(3, 1, 2, 0)]
    assert door.reasons() == [["order_id: the key is given twice, with other values"]] * 2

    door.contract = ORDERS  # corrected back: the first row can land, the second cannot
    again(door)
    assert door.values("order_id") == ["eve", "ada"]
    assert accounts(door) == [(3, 2, 1, 0)]


def test_a_text_with_line_breaks_is_replayed_whole(make_door: Callable[..., Door]) -> None:
    door = make_door(has_line_breaks_in_fields=True)
    door.deliver(MONDAY, HEADER + '"e\nve",-1,1.00,2025-03-01 12:00:00\n' + DAN + EVE)
    door.land()
    door.contract = loosened(door.contract)
    assert again(door) == {"batches": 1, "landed": 2, "quarantined": 1}
    assert door.values("order_id") == ["e\nve", "eve"]


def test_a_replay_settles_keys_as_the_contract_says_by_now(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.deliver(TUESDAY, HEADER + ADA.replace("ada,1", "ada,7") + BOB)
    door.land()
    assert door.values("quantity") == [7, 2]
    door.contract = replace(door.contract, key_conflict="first_delivery")
    again(door)
    assert door.values("quantity") == [1, 2]
    assert accounts(door) == [(1, 1, 0, 0), (2, 1, 1, 0)]


def test_a_replayed_row_meets_the_rows_of_other_deliveries(door: Door) -> None:
    door.deliver(MONDAY, HEADER + EVE)
    door.deliver(TUESDAY, HEADER + EVE.replace("-1", "5"))
    door.land()
    door.contract = replace(loosened(door.contract), key_conflict="quarantine")
    again(door)
    assert door.values("order_id") == []
    assert accounts(door) == [(1, 0, 1, 0), (1, 0, 1, 0)]


def test_json_lines_are_replayed(jsonl_door: Door) -> None:
    lines = [
        {"order_id": "ada", "quantity": 1, "amount": "2.50", "ordered_at": "2025-03-01 10:00:00"},
        {"order_id": "eve", "quantity": -1, "amount": "1.00", "ordered_at": "2025-03-01 10:00:00"},
    ]
    content = "".join(json.dumps(line) + "\n" for line in lines) + "{broken\n"
    jsonl_door.deliver(MONDAY, content)
    jsonl_door.land()
    assert accounts(jsonl_door) == [(3, 1, 2, 0)]
    jsonl_door.contract = loosened(jsonl_door.contract)
    again(jsonl_door)
    assert jsonl_door.values("order_id") == ["ada", "eve"]
    assert [row[0] for row in jsonl_door.aside()] == [3]


def test_parquet_rows_are_replayed(make_door: Callable[..., Door]) -> None:
    columns = (
        column("order_id", "string", required=True, key_position=1),
        column("quantity", "integer", required=True, minimum="0"),
    )
    door = make_door(format="parquet", pattern="*.parquet", name="orders.parquet", columns=columns)
    file = door.file(MONDAY)
    write_parquet(file, {"order_id": ["ada", "eve", "dan"], "quantity": [1, -1, None]})
    columns = (columns[0], replace(columns[1], physical_type="bigint"))
    door.contract = replace(door.contract, columns=columns)
    door.land()
    assert accounts(door) == [(3, 1, 2, 0)]
    columns = (columns[0], replace(columns[1], minimum=None))
    door.contract = replace(door.contract, columns=columns)
    again(door)
    assert door.values("quantity") == [1, -1]
    assert door.reasons() == [["quantity: missing"]]


def test_a_new_optional_column_extends_the_raw_table(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA + EVE)
    door.land()
    wider = (*LOOSER.columns[:2], column("note", "string"), *LOOSER.columns[2:])
    door.contract = replace(LOOSER, columns=wider)
    door.deliver(
        TUESDAY,
        "order_id,quantity,note,amount,ordered_at\nbob,2,hi,0.99,2025-03-01 11:00:00\n",
    )
    door.land()
    assert door.values("order_id") == ["ada", "bob"]
    assert door.values("note") == [None, "hi"]
    assert door.values("_delivered_on") == [MONDAY, TUESDAY]

    assert again(door)["landed"] == 1  # Monday's file has no such column, nor needs it
    assert door.values("order_id") == ["ada", "eve", "bob"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (ORDERS.columns[:-1], "gone: ordered_at"),
        ((*ORDERS.columns, column("note", "string", required=True)), "new and required: note"),
        ((*ORDERS.columns[:-1], column("ordered_at", "date")), "of another type: ordered_at"),
    ],
)
def test_any_other_change_of_the_contract_says_what_to_do(
    door: Door, columns: tuple[Any, ...], said: str
) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.land()
    door.contract = replace(ORDERS, columns=columns)
    with pytest.raises(ContractError, match=said) as error:
        door.land()
    assert "Drop the table" in str(error.value)

"""Whatever the order in which deliveries arrive, the raw table and the ledger end up the same."""

import itertools
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from include.landing.ledger import CONSERVATION
from include.warehouse import canonical_digest, connect
from tests.landing.door import ADA, BOB, FRIDAY, HEADER, MONDAY, ORDERS, TUESDAY, Door

WEDNESDAY, THURSDAY = date(2025, 3, 5), date(2025, 3, 6)
ADA_AGAIN = "ada,7,9.99,2025-03-01 10:00:00\n"
EVE = "eve,1,1.00,2025-03-01 12:00:00\n"

DELIVERIES = (  # repeats, overlaps, a conflict, a key given twice, a bad row, the same day twice
    (MONDAY, "a.csv", ADA + EVE),
    (TUESDAY, "a.csv", BOB + "bad\n"),
    (TUESDAY, "b.csv", ADA_AGAIN + BOB),
    (WEDNESDAY, "a.csv", ADA + EVE),  # Monday's bytes
    (THURSDAY, "a.csv", ADA + EVE + EVE.replace("1,1", "2,1")),
    (FRIDAY, "a.csv", EVE + ADA_AGAIN),
)
FACTS = (
    "CREATE TABLE main.facts AS SELECT batch_id, path, delivered_on, sha256, rows_delivered, "
    "rows_landed, rows_quarantined, status FROM ops.batches WHERE status = 'landed'"
)


def arrive(door: Door, order: tuple[int, ...]) -> tuple[str, ...]:
    """Deliver and land one file after the other, and return what came of it."""
    for number in order:
        day, name, content = DELIVERIES[number]
        door.deliver(day, HEADER + content, name=name)
        door.land()
    assert {row[-1] for row in door.ask(CONSERVATION)} == {0}
    with connect(door.raw) as connection:
        connection.execute(FACTS)
        tables = ("raw_shop.orders", "ops.quarantined_rows", "ops.batch_profiles", "main.facts")
        return tuple(canonical_digest(connection, table) for table in tables)


def orders_of_arrival() -> list[tuple[int, ...]]:
    every = list(itertools.permutations(range(len(DELIVERIES))))
    return [every[0], every[-1], *random.Random(3).sample(every, 6)]  # noqa: S311 - a fixed sample


@pytest.mark.parametrize("policy", ["latest_delivery", "first_delivery", "quarantine"])
def test_every_order_of_arrival_gives_one_digest(tmp_path: Path, policy: str) -> None:
    found = set()
    for order in orders_of_arrival():
        home = tmp_path / "home"
        found.add(arrive(Door(home, contract=replace(ORDERS, key_conflict=policy)), order))
        shutil.rmtree(home)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("policy", "quantities"),
    [
        ("latest_delivery", {"ada": 7, "bob": 2, "eve": 1}),
        ("first_delivery", {"ada": 1, "bob": 2, "eve": 1}),
        ("quarantine", {"bob": 2, "eve": 1}),
    ],
)
def test_the_contract_says_which_of_two_rows_stays(
    make_door: Callable[..., Door], policy: str, quantities: dict[str, int]
) -> None:
    door = make_door(key_conflict=policy)
    arrive(door, (5, 4, 3, 2, 1, 0))
    rows = door.ask("SELECT order_id, quantity FROM raw_shop.orders ORDER BY 1")
    assert dict(rows) == quantities
    assert len(rows) == len(quantities)


def test_equal_rows_of_two_deliveries_count_once_and_the_oldest_stays(door: Door) -> None:
    door.deliver(TUESDAY, HEADER + ADA + BOB)
    door.land()
    door.deliver(MONDAY, HEADER + ADA)
    door.land()
    assert door.values("order_id") == ["ada", "bob"]
    assert door.values("_delivered_on") == [MONDAY, TUESDAY]
    assert door.reasons() == [["order_id: another delivery has the same row"]]
    assert [row[3:] for row in door.ask(CONSERVATION)] == [(1, 1, 0, 0), (2, 1, 1, 0)]


def test_a_correction_gives_back_what_its_batch_had_won(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.deliver(TUESDAY, HEADER + ADA_AGAIN + BOB)
    door.land()
    assert door.values("quantity") == [7, 2]
    assert door.reasons() == [["order_id: another delivery has the key with other values"]]

    door.deliver(TUESDAY, HEADER + BOB)
    door.land()
    assert door.values("quantity") == [1, 2]
    assert door.aside() == []
    assert [row[3:] for row in door.ask(CONSERVATION)] == [(1, 1, 0, 0), (1, 1, 0, 0)]


def test_every_order_of_appends_gives_one_digest_and_keeps_every_event(tmp_path: Path) -> None:
    found = set()
    for order in (range(6), (5, 4, 3, 2, 1, 0), (3, 0, 5, 1, 4, 2)):
        door = Door(tmp_path / "home", contract=replace(ORDERS, mode="append"))
        found.add(arrive(door, tuple(order)))
        assert sorted(door.values("order_id")) == [*["ada"] * 4, *["bob"] * 2, *["eve"] * 2]
        shutil.rmtree(door.home)
    assert len(found) == 1


def test_an_append_is_no_op_by_its_bytes_and_new_by_any_other(
    make_door: Callable[..., Door],
) -> None:
    door = make_door(mode="append")
    door.deliver(MONDAY, HEADER + ADA)
    door.deliver(TUESDAY, HEADER + ADA, name="copied.csv")
    door.deliver(TUESDAY, HEADER + ADA + BOB + BOB)
    done = door.land()
    assert (done["files"], done["skipped"], done["quarantined"]) == (2, 1, 1)
    assert door.values("order_id") == ["ada", "ada", "bob"]
    assert door.reasons() == [["order_id: the row is given twice"]]
    assert door.ask("SELECT note FROM ops.deliveries WHERE verdict = 'repeated'") == [
        ("same bytes as shop/orders/2025-03-03/orders.csv; nothing to do",)
    ]


def test_an_append_compares_no_keys_and_a_snapshot_those_of_its_day(
    make_door: Callable[..., Door],
) -> None:
    for mode, kept in (("append", 4), ("snapshot", 3)):
        door = make_door(mode=mode)
        door.home = door.home / mode
        door.deliver(MONDAY, HEADER + ADA, name="1.csv")
        door.deliver(MONDAY, HEADER + ADA_AGAIN, name="2.csv")
        door.deliver(TUESDAY, HEADER + ADA_AGAIN + BOB)
        door.land()
        assert len(door.values("order_id")) == kept

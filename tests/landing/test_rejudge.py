"""A contract that settles keys otherwise ends where one that always did so would have ended."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from include.landing.errors import ContractError
from include.landing.ledger import CONSERVATION
from include.landing.replay import replay
from include.warehouse import canonical_digest, connect
from tests.landing.door import ADA, BOB, FRIDAY, HEADER, MONDAY, ORDERS, TUESDAY, Door, column
from tests.landing.test_order import ADA_AGAIN, DELIVERIES, FACTS

POLICIES = ("latest_delivery", "first_delivery", "quarantine")
TABLES = ("raw_shop.orders", "ops.quarantined_rows", "ops.batch_profiles", "main.facts")
MARKS = "SELECT DISTINCT from_date FROM ops.rebuilds WHERE why LIKE '%another rule' ORDER BY ALL"


def digests(door: Door) -> tuple[str, ...]:
    assert {row[-1] for row in door.ask(CONSERVATION)} == {0}
    with connect(door.raw) as connection:
        connection.execute("DROP TABLE IF EXISTS main.facts")
        connection.execute(FACTS)
        return tuple(canonical_digest(connection, table) for table in TABLES)


def landed(home: Path, order: tuple[int, ...], **terms: str) -> Door:
    """Deliver half of the files, land, then the rest, land again."""
    door = Door(home, contract=replace(ORDERS, **terms))  # type: ignore[arg-type]
    for half in (order[:3], order[3:]):
        for number in half:
            day, name, content = DELIVERIES[number]
            door.deliver(day, HEADER + content, name=name)
        door.land()
    return door


@pytest.fixture(scope="module")
def expected(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, tuple[str, ...]]]:
    """What each policy, and an append, make of all deliveries from the start."""
    terms = [{"key_conflict": policy} for policy in POLICIES] + [{"mode": "append"}]
    with pytest.MonkeyPatch.context() as patch:
        found = {}
        for each in terms:
            home = tmp_path_factory.mktemp("expected")
            patch.setenv("TESSERA_HOME", str(home))
            [name] = each.values()
            found[name] = digests(landed(home, (0, 1, 2, 3, 4, 5), **each))
        yield found


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (5, 3, 1, 4, 2, 0)], ids=str)
def test_every_change_of_the_rule_ends_in_the_same_tables(
    tmp_path: Path, order: tuple[int, ...], expected: dict[str, tuple[str, ...]]
) -> None:
    assert len({found[0] for found in expected.values()}) == len(expected)
    door = landed(tmp_path, order, key_conflict="latest_delivery")
    for policy in ("quarantine", "first_delivery", "latest_delivery", "first_delivery"):
        door.contract = replace(ORDERS, key_conflict=policy)
        door.land()
        assert digests(door) == expected[policy]
    for terms in ({"mode": "append"}, {"key_conflict": "quarantine"}):
        door.contract = replace(ORDERS, **terms)  # type: ignore[arg-type]
        door.land()
        [name] = terms.values()
        assert digests(door) == expected[name]


def test_what_changed_sides_is_said_marked_and_done_once(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    door.deliver(MONDAY, HEADER + ADA + BOB)
    door.deliver(TUESDAY, HEADER + ADA_AGAIN)
    door.land()
    assert door.ask(MARKS) == []
    door.contract = replace(ORDERS, key_conflict="first_delivery")
    with caplog.at_level(logging.WARNING):
        door.land()
        door.land()
    assert caplog.text.count("judged anew and 2 rows changed sides") == 1
    assert door.values("quantity") == [1, 2]
    assert door.ask(MARKS) == [(MONDAY,), (TUESDAY,)]


def test_a_replay_judges_anew_too(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.deliver(TUESDAY, HEADER + ADA_AGAIN)
    door.land()
    replay(replace(ORDERS, key_conflict="quarantine"), raw=door.raw, as_of=FRIDAY)
    assert door.values("quantity") == []
    assert len(door.reasons()) == 2


def test_another_key_says_what_to_drop(door: Door, make_door: Callable[..., Door]) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.land()
    first, *others = ORDERS.columns
    second = column("quantity", "integer", required=True, minimum="0", key_position=2)
    other = make_door(columns=(first, second, *others[1:]))
    with pytest.raises(ContractError, match=r"landed with the key \(order_id\).*Drop the table"):
        other.land()


def test_a_warehouse_older_than_the_rule_is_judged_once_and_changes_nothing(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.deliver(TUESDAY, HEADER + ADA_AGAIN)
    door.land()
    with connect(door.raw) as connection:
        connection.execute("DROP TABLE ops.key_rules")
    before = digests(door)
    door.land()
    assert digests(door) == before
    assert door.ask(MARKS) == []

"""The ledger answers for every file that was ever seen, and says which days to build anew."""

from collections.abc import Callable

import pytest

from include.landing.audit import resolve_rebuilds
from include.landing.errors import ExtractRefusedError
from include.landing.replay import replay
from include.publication import note_publication
from include.warehouse import connect
from tests.landing.door import ADA, BOB, FRIDAY, HEADER, MONDAY, ORDERS, TUESDAY, Door

EVE = "eve,1,1.00,2025-03-01 12:00:00\n"
REBUILDS = "SELECT from_date, why, resolved_as_of FROM ops.rebuilds ORDER BY ALL"


def verdicts(door: Door) -> list[tuple[object, ...]]:
    return door.ask(
        "SELECT delivered_on, verdict, times_delivered, note FROM ops.deliveries "
        "ORDER BY path, verdict"
    )


def test_the_same_bytes_elsewhere_leave_a_line_and_nothing_else(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.deliver(TUESDAY, HEADER + ADA)
    door.land()
    door.land()
    first = f"{ORDERS.source}/{ORDERS.entity}/2025-03-03/orders.csv"
    assert verdicts(door) == [
        (MONDAY, "landed", 1, None),
        (TUESDAY, "repeated", 1, f"same bytes as {first}; nothing to do"),
    ]
    assert door.statuses() == ["landed"]


def test_the_same_bytes_written_again_to_the_same_place_are_counted(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.land()
    door.land()
    assert verdicts(door) == [(MONDAY, "landed", 1, None)]
    door.deliver(MONDAY, HEADER + ADA)
    door.land()
    assert verdicts(door) == [
        (MONDAY, "landed", 2, "delivered again with the same bytes; nothing to do")
    ]


def test_a_replaced_a_refused_and_a_stray_file_each_have_a_line(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.land()
    door.deliver(MONDAY, HEADER + BOB)
    door.deliver(TUESDAY, "broken\n")
    door.deliver(FRIDAY, "", name="orders.txt")
    with pytest.raises(ExtractRefusedError):
        door.land()
    assert [row[1] for row in verdicts(door)] == ["landed", "replaced", "refused", "no delivery"]
    notes = [str(row[3]) for row in verdicts(door)]
    assert notes[1].startswith("the file came again with other bytes")
    assert "missing columns" in notes[2]
    assert "not a file named as the contract says" in notes[3]

    door.deliver(TUESDAY, HEADER + EVE)
    door.file(FRIDAY, "orders.txt").unlink()
    door.land()
    assert [row[1] for row in verdicts(door)].count("no delivery") == 0
    assert [row[1] for row in verdicts(door)] == ["landed", "replaced", "landed", "replaced"]
    assert door.statuses() == ["landed", "replaced", "landed", "replaced"]
    assert "refused, then" in str(verdicts(door)[3][3])


def test_a_late_file_lands_on_its_own_day_and_marks_what_to_build_anew(door: Door) -> None:
    door.deliver(TUESDAY, HEADER + ADA)
    door.land()
    assert door.ask(REBUILDS) == []
    door.deliver(MONDAY, HEADER + BOB)
    door.land()
    assert door.values("_delivered_on") == [MONDAY, TUESDAY]
    why = "it came late: deliveries up to 2025-03-04 had landed before"
    assert door.ask(REBUILDS) == [(MONDAY, why, None)]

    with connect(door.raw) as connection:
        assert resolve_rebuilds(connection, up_to=FRIDAY, as_of=FRIDAY) == 1
    assert door.ask(REBUILDS) == [(MONDAY, why, FRIDAY)]


def test_a_mark_says_after_which_publication_it_came(door: Door) -> None:
    door.deliver(TUESDAY, HEADER + ADA)
    door.land()
    door.deliver(MONDAY, HEADER + BOB)
    door.land()
    with connect(door.raw) as connection:
        note_publication(connection, as_of=FRIDAY, run_id="first")
        note_publication(connection, as_of=FRIDAY, run_id="second")
    door.deliver(MONDAY, HEADER + EVE)
    door.land()
    known = "SELECT published_before, resolved_as_of FROM ops.rebuilds ORDER BY ALL"
    assert door.ask(known) == [(0, FRIDAY), (2, None)]
    with connect(door.raw) as connection:
        note_publication(connection, as_of=FRIDAY, run_id="third")
    assert door.ask(known) == [(0, FRIDAY), (2, FRIDAY)]


def test_a_correction_marks_its_day_and_a_first_landing_in_order_none(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.deliver(TUESDAY, HEADER + BOB)
    door.land()
    assert door.ask(REBUILDS) == []
    door.deliver(MONDAY, HEADER + EVE)
    door.land()
    assert door.ask(REBUILDS) == [(MONDAY, "a delivery that had landed was replaced", None)]


def test_the_same_bytes_count_from_their_oldest_delivery(door: Door) -> None:
    door.deliver(TUESDAY, HEADER + ADA)
    door.land()
    door.deliver(MONDAY, HEADER + ADA)
    door.land()
    assert door.values("_delivered_on") == [MONDAY]
    assert [row[1] for row in verdicts(door)] == ["landed", "repeated"]


def test_a_file_that_lost_its_twin_lands_itself(make_door: Callable[..., Door]) -> None:
    door = make_door()
    door.deliver(MONDAY, HEADER + ADA)
    door.deliver(TUESDAY, HEADER + ADA)
    door.land()
    door.deliver(MONDAY, HEADER + BOB)
    door.land()
    assert door.values("order_id") == ["bob", "ada"]
    assert [row[1] for row in verdicts(door)] == ["landed", "replaced", "landed"]


def test_an_older_warehouse_gets_what_has_come_since(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA + "bad\n")
    door.land()
    with connect(door.raw) as connection:
        connection.execute("ALTER TABLE ops.batches DROP COLUMN header")
        connection.execute("ALTER TABLE ops.quarantined_rows DROP COLUMN held")
        for table in ("deliveries", "rebuilds", "batch_profiles"):
            connection.execute(f"DROP TABLE ops.{table}")
    door.deliver(TUESDAY, HEADER + BOB)
    assert door.land()["skipped"] == 1
    assert door.values("order_id") == ["ada", "bob"]
    assert [row[1] for row in verdicts(door)] == ["landed", "landed"]
    replay(door.contract, raw=door.raw)  # Monday's header is not known: its texts stay
    assert [text for _, text, _ in door.aside()] == ["bad"]

"""Each batch leaves a profile, without personal values, and is held to its own history."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from include.landing.contract import Alarm, load_contract
from include.landing.errors import ContractError, ExtractRefusedError
from include.settings import CHECKOUT
from tests.landing.door import FRIDAY, HEADER, MONDAY, ORDERS, TUESDAY, Door

CONTRACT = CHECKOUT / "include" / "landing" / "contracts" / "shop__order_lines.odcs.yaml"
PROFILE = (
    "SELECT column_name, rows, null_share, distinct_estimate, least, greatest "
    "FROM ops.batch_profiles ORDER BY ALL"
)


def rows(day: date, count: int, *, empty: int = 0) -> str:
    lines = (
        f"{day:%d}-{n},{n},{'' if n < empty else '1.00'},2025-01-01 10:00:00\n"
        for n in range(count)
    )
    return HEADER + "".join(lines)


def week(door: Door, *, count: int = 10) -> None:
    for back in range(4, 0, -1):
        day = FRIDAY - timedelta(days=back)
        door.deliver(day, rows(day, count))
    door.land()


def test_a_profile_has_counts_and_shares_and_bounds(door: Door) -> None:
    door.deliver(MONDAY, rows(MONDAY, 4, empty=1))
    door.land()
    assert door.ask(PROFILE) == [
        ("amount", 4, 0.25, 1, "1.00", "1.00"),
        ("order_id", 4, 0.0, 4, None, None),
        ("ordered_at", 4, 0.0, 1, "2025-01-01 10:00:00", "2025-01-01 10:00:00"),
        ("quantity", 4, 0.0, 4, "0", "3"),
    ]


def test_no_bound_of_a_personal_column_is_kept(make_door: Callable[..., Door]) -> None:
    personal = tuple(replace(c, classification="personal") for c in ORDERS.columns)
    door = make_door(columns=personal)
    door.deliver(MONDAY, rows(MONDAY, 4))
    door.land()
    assert {row[4:] for row in door.ask(PROFILE)} == {(None, None)}


def test_a_replaced_batch_takes_its_profile_along(door: Door) -> None:
    for count in (4, 5):
        door.deliver(MONDAY, rows(MONDAY, count))
        door.land()
    assert {row[1] for row in door.ask(PROFILE)} == {5}


def test_a_sudden_drop_warns_or_keeps_the_file_out(
    make_door: Callable[..., Door], caplog: pytest.LogCaptureFixture
) -> None:
    door = make_door(row_count_drop=Alarm(warn=0.5, stop=0.8))
    week(door)
    door.deliver(FRIDAY, rows(FRIDAY, 4))
    assert door.land()["landed"] == 4
    assert "4 rows, 60% fewer than the usual 10" in caplog.text
    [(note,)] = door.ask("SELECT note FROM ops.deliveries WHERE note IS NOT NULL")
    assert "rowCountDrop 0.5" in note

    door.deliver(FRIDAY, rows(FRIDAY, 1))
    with pytest.raises(ExtractRefusedError, match="raise the limit in shop__orders"):
        door.land()
    assert door.ask("SELECT count(*) FROM raw_shop.orders")[0][0] == 44  # nothing has changed

    door.contract = replace(door.contract, row_count_drop=Alarm(warn=0.5))
    door.land()
    assert door.ask("SELECT count(*) FROM raw_shop.orders")[0][0] == 41


def test_a_column_that_turns_empty_warns_or_keeps_the_file_out(
    make_door: Callable[..., Door],
) -> None:
    door = make_door(null_share_rise=Alarm(stop=0.5))
    week(door)
    door.deliver(FRIDAY, rows(FRIDAY, 10, empty=9))
    with pytest.raises(ExtractRefusedError, match="amount: 90% empty, usually 0%"):
        door.land()


def test_two_deliveries_are_no_history(make_door: Callable[..., Door]) -> None:
    door = make_door(row_count_drop=Alarm(stop=0.5))
    for day, count in ((MONDAY, 10), (TUESDAY, 10), (FRIDAY, 1)):
        door.deliver(day, rows(day, count))
    assert door.land()["files"] == 3


def test_a_contract_says_its_alarms_and_which_row_stays(tmp_path: Path) -> None:
    file = tmp_path / CONTRACT.name
    mode = "{property: deliveryMode, value: increment}"
    said = (
        f"{mode}\n  - {{property: keyConflict, value: quarantine}}"
        "\n  - {property: rowCountDrop, value: {warn: 0.5, stop: 0.8}}"
    )
    file.write_text(CONTRACT.read_text().replace(mode, said))
    contract = load_contract(file)
    assert contract.key_conflict == "quarantine"
    assert contract.row_count_drop == Alarm(warn=0.5, stop=0.8)
    assert contract.null_share_rise == Alarm()

    file.write_text(file.read_text().replace("warn: 0.5", "warn: 50"))
    with pytest.raises(ContractError, match="each a share above 0 and up to 1"):
        load_contract(file)

"""History: intervals and flows follow from the days' rows, whichever way and however often."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from include.warehouse import Connection, canonical_digest, connect, read_query, replace_day
from models_ml.segmentation.history import FLOWS, HISTORY, SEGMENTS, record

MONDAY = date(2025, 3, 3)
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=n) for n in (1, 2, 3))


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Connection]:
    with connect(tmp_path / "tessera.duckdb") as connection:
        yield connection


def score(connection: Connection, day: date, members: dict[str, str], version: str = "v1") -> str:
    """Put a day's memberships where scoring puts them, and record them."""
    rows = pl.DataFrame(
        {
            "as_of": [day] * len(members),
            "customer_id": list(members),
            "segment_id": list(members.values()),
            "segment_name": [f"Name of {segment}" for segment in members.values()],
            "model_version": [version] * len(members),
        },
        schema_overrides={"as_of": pl.Date, "customer_id": pl.String, "segment_id": pl.String},
    )
    replace_day(connection, SEGMENTS, rows, as_of=day)
    return record(connection, as_of=day)


def intervals(connection: Connection, customer: str) -> list[tuple[object, ...]]:
    return read_query(
        connection,
        f"SELECT segment_id, valid_from, valid_to, model_version, reason FROM {HISTORY} "
        f"WHERE customer_id = '{customer}' ORDER BY valid_from",
    ).rows()


def digests(connection: Connection) -> tuple[str, str]:
    return canonical_digest(connection, HISTORY), canonical_digest(connection, FLOWS)


def test_a_customer_s_stays_follow_each_other_with_their_reasons(warehouse: Connection) -> None:
    score(warehouse, MONDAY, {"ada": "S1", "bob": "S1"})
    score(warehouse, TUESDAY, {"ada": "S2", "bob": "S1"})
    score(warehouse, WEDNESDAY, {"ada": "S1", "cyd": "S1"}, version="v2")
    score(warehouse, THURSDAY, {"ada": "S1", "bob": "S2", "cyd": "S1"}, version="v2")

    assert intervals(warehouse, "ada") == [
        ("S1", MONDAY, TUESDAY, "v1", "first seen"),
        ("S2", TUESDAY, WEDNESDAY, "v1", "behaviour changed"),
        ("S1", WEDNESDAY, None, "v2", "model changed"),
    ]
    assert intervals(warehouse, "bob") == [
        ("S1", MONDAY, WEDNESDAY, "v1", "first seen"),
        ("S2", THURSDAY, None, "v2", "seen again"),
    ]
    assert intervals(warehouse, "cyd") == [("S1", WEDNESDAY, None, "v2", "first seen")]


def test_recording_a_day_twice_changes_nothing(warehouse: Connection) -> None:
    score(warehouse, MONDAY, {"ada": "S1"})
    score(warehouse, TUESDAY, {"ada": "S2", "bob": "S1"})
    before = digests(warehouse)

    assert score(warehouse, TUESDAY, {"ada": "S2", "bob": "S1"}) == "added"

    assert digests(warehouse) == before


def test_a_corrected_day_replaces_what_it_had_said(warehouse: Connection) -> None:
    score(warehouse, MONDAY, {"ada": "S1"})
    score(warehouse, TUESDAY, {"ada": "S2"})

    score(warehouse, TUESDAY, {"ada": "S1"})

    assert intervals(warehouse, "ada") == [("S1", MONDAY, None, "v1", "first seen")]


def test_a_back_fill_takes_its_place_and_leaves_later_days_true(warehouse: Connection) -> None:
    score(warehouse, MONDAY, {"ada": "S1"})
    score(warehouse, WEDNESDAY, {"ada": "S1"})

    assert score(warehouse, TUESDAY, {"ada": "S2"}) == "rebuilt"

    assert [row[:3] for row in intervals(warehouse, "ada")] == [
        ("S1", MONDAY, TUESDAY),
        ("S2", TUESDAY, WEDNESDAY),
        ("S1", WEDNESDAY, None),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_day_by_day_and_all_at_once_end_in_the_same_rows(warehouse: Connection, seed: int) -> None:
    random = np.random.default_rng(seed)
    days = {
        MONDAY + timedelta(days=int(n)): {
            f"c{customer}": f"S{random.integers(1, 4)}"
            for customer in range(12)
            if random.random() < 0.8
        }
        for n in np.sort(random.choice(60, size=7, replace=False))
    }
    versions = {day: f"v{place // 3}" for place, day in enumerate(days)}
    ways = {score(warehouse, day, members, versions[day]) for day, members in days.items()}
    assert ways == {"added"}
    day_by_day = digests(warehouse)

    shuffled = list(days)
    random.shuffle(shuffled)
    warehouse.execute(f"DELETE FROM {SEGMENTS}; DELETE FROM {HISTORY}; DELETE FROM {FLOWS}")
    for day in shuffled:
        score(warehouse, day, days[day], versions[day])

    assert digests(warehouse) == day_by_day


def test_flows_count_who_came_stayed_moved_and_left(warehouse: Connection) -> None:
    score(warehouse, MONDAY, {"ada": "S1", "bob": "S1", "cyd": "S2"})
    score(warehouse, TUESDAY, {"ada": "S1", "bob": "S2", "dan": "S2"}, version="v2")

    found = read_query(
        warehouse,
        "SELECT from_segment_id, to_segment_id, customers, from_date, from_model_version, "
        f"to_model_version FROM {FLOWS} WHERE as_of = '{TUESDAY}' AND span = 'day' ORDER BY ALL",
    ).rows()

    assert found == [
        ("S1", "S1", 1, MONDAY, "v1", "v2"),
        ("S1", "S2", 1, MONDAY, "v1", "v2"),
        ("S2", "gone", 1, MONDAY, "v1", None),
        ("new", "S2", 1, MONDAY, None, "v2"),
    ]


def test_flows_of_a_month_look_four_weeks_back(warehouse: Connection) -> None:
    score(warehouse, MONDAY, {"ada": "S1"})
    score(warehouse, MONDAY + timedelta(days=27), {"ada": "S2"})
    score(warehouse, MONDAY + timedelta(days=28), {"ada": "S3"})

    found = read_query(
        warehouse,
        f"SELECT from_date, from_segment_id, to_segment_id FROM {FLOWS} WHERE span = 'month'",
    ).rows()

    assert found == [(MONDAY, "S1", "S3")]

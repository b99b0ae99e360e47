"""Hysteresis: on a border one stays for some days; who is clearly elsewhere moves at once."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from models_ml.segmentation.assign import Assignment
from models_ml.segmentation.hysteresis import STATE, Settled, settle
from models_ml.segmentation.policy import IdentityPolicy

MONDAY = date(2025, 3, 3)
POLICY = IdentityPolicy(switch_margin=0.1, switch_days=3)
IDS = ["S1", "S2"]
NEAR_BORDER, FAR_FROM_BORDER = [1.05, 1.0], [3.0, 1.0]  # distances to S1 and S2: S2 is nearer


def found(*distances: list[float], none: bool = False) -> Assignment:
    distance = np.array(distances)
    return Assignment(
        segment=np.full(len(distance), -1) if none else distance.argmin(axis=1),
        strength=np.full(len(distance), 0.5),
        is_weak=np.zeros(len(distance), dtype=bool),
        distance=distance,
    )


def yesterday(segment: str, pending: str | None = None, since: date | None = None) -> pl.DataFrame:
    row = ("ada", segment, MONDAY, pending, since)
    return pl.DataFrame([row], schema=STATE, orient="row")


def settled(assignment: Assignment, before: pl.DataFrame, day: date = MONDAY) -> Settled:
    return settle(assignment, pl.Series(["ada"]), before, segment_ids=IDS, policy=POLICY, as_of=day)


def test_who_is_clearly_nearer_to_another_moves_at_once() -> None:
    assert settled(found(FAR_FROM_BORDER), yesterday("S1")).segment.tolist() == [1]


def test_who_is_barely_nearer_moves_on_the_third_day_in_a_row() -> None:
    state, moved = yesterday("S1"), []
    for days in range(4):
        day = MONDAY + timedelta(days=days)
        answer = settled(found(NEAR_BORDER), state, day)
        moved.append(IDS[answer.segment[0]])
        state = yesterday(moved[-1], *answer.pending.row(0))

    assert moved == ["S1", "S1", "S2", "S2"]


def test_a_customer_who_sways_about_the_border_never_moves() -> None:
    state, seen = yesterday("S1"), set()
    for days in range(10):
        side = [1.05, 1.0] if days % 2 else [1.0, 1.05]
        answer = settled(found(side), state, MONDAY + timedelta(days=days))
        seen.add(IDS[answer.segment[0]])
        state = yesterday("S1", *answer.pending.row(0))

    assert seen == {"S1"}


def test_who_is_kept_is_kept_with_no_strength_and_a_pending_segment() -> None:
    answer = settled(found(NEAR_BORDER), yesterday("S1"))

    assert answer.strength.tolist() == [0.0]
    assert answer.pending.row(0) == ("S2", MONDAY)


def test_new_customers_and_those_whose_segment_ended_go_to_the_nearest() -> None:
    nobody = pl.DataFrame(schema=STATE)

    for before in (nobody, yesterday("S9"), yesterday("R-champions"), yesterday("S0")):
        answer: Any = settled(found(NEAR_BORDER), before)
        assert answer.segment.tolist() == [1]
        assert answer.pending.row(0) == (None, None)


def test_to_fall_out_of_every_segment_takes_days_too() -> None:
    first = settled(found(FAR_FROM_BORDER, none=True), yesterday("S2"))
    third = settled(
        found(FAR_FROM_BORDER, none=True), yesterday("S2", "S0", MONDAY - timedelta(days=2))
    )

    assert first.segment.tolist() == [1]
    assert first.pending.row(0) == ("S0", MONDAY)
    assert third.segment.tolist() == [-1]

"""Identity: a segment whose members and profile stay keeps its id; what changed is said once."""

from typing import Any

import numpy as np
import pytest

from models_ml.segmentation.assign import Assignment
from models_ml.segmentation.identity import Encounter, give_ids, likenesses, match, shared_members
from models_ml.segmentation.lifecycle import first_events, tell
from models_ml.segmentation.model import Segment
from models_ml.segmentation.policy import IdentityPolicy

POLICY = IdentityPolicy()


def overlap(new: list[int], old: list[int]) -> Any:
    """Jaccard's index of each pair."""
    return encounter(np.array(new), np.array(old)).overlap


def encounter(new: Any, old: Any, former: Any = None) -> Encounter:
    """Two models' firm answers for the same customers, as they meet."""
    count, known = new.max() + 1, old.max() + 1
    shared = shared_members(new, old, segments=count, known=known)
    was = np.full(len(new), -1) if former is None else former
    in_new, in_old = np.bincount(new[new >= 0]), np.bincount(old[old >= 0])
    nothing = Assignment(
        segment=new, strength=np.ones(len(new)), is_weak=new < 0, distance=np.zeros((len(new), 1))
    )
    return Encounter(
        new=nothing,
        old=nothing,
        in_new=in_new,
        in_old=in_old,
        shared=shared,
        overlap=shared / (in_new[:, None] + in_old[None, :] - shared),
        likeness=np.ones(shared.shape),
        came=shared_members(new, was, segments=count, known=known),
        were=np.bincount(was[was >= 0], minlength=known),
    )


def segments(*ids: str) -> list[Segment]:
    return [
        Segment(segment_id=i, name=f"Name of {i}", description="", suggested_action="") for i in ids
    ]


def told(new: list[int], old: list[int], new_ids: str, old_ids: str) -> list[tuple[str, str, Any]]:
    """The events, as (event, segment, other)."""
    met = encounter(np.array(new), np.array(old))
    found = tell(met, segments(*old_ids.split()), segments(*new_ids.split()), POLICY)
    return list(found.select("event", "segment_id", "other_segment_id").iter_rows())


def test_a_segment_whose_members_stay_keeps_its_id() -> None:
    shares = overlap([1, 1, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1, -1])

    continued = match(shares, np.ones_like(shares), POLICY)

    assert continued == [1, 0]  # numbers swapped, one customer moved
    assert give_ids(continued, ["S1", "S2"], [5.0, 9.0], next_id=3) == (["S2", "S1"], 3)


def test_a_newborn_segment_gets_a_number_never_used() -> None:
    shares = overlap([0, 0, 0, 0, 1, 2], [0, 0, 0, 0, 0, 0])

    continued = match(shares, np.ones_like(shares), POLICY)

    assert continued == [0, None, None]
    ids = give_ids(continued, ["S4"], [1.0, 10.0, 20.0], next_id=7)
    assert ids == (["S4", "S8", "S7"], 9)  # the newborn of higher value comes first


def test_one_shared_customer_does_not_make_two_segments_the_same() -> None:
    shares = overlap([0, 0, 0, 0, 1, -1, -1, -1], [0, 0, 0, 0, 1, 1, 1, 1])

    assert match(shares, np.ones_like(shares), POLICY) == [0, None]


def test_the_same_members_with_another_profile_are_another_segment() -> None:
    shares = overlap([0, 0, 1, 1], [0, 0, 1, 1])

    assert match(shares, np.array([[1.0, 0.0], [0.0, 0.5]]), POLICY) == [0, None]


def test_likeness_is_nothing_where_nobody_is() -> None:
    here, gone = {"spend": 0.5, "recency": 0.1}, {"spend": float("nan"), "recency": float("nan")}

    found = likenesses([here, gone], [here, {"spend": 0.7, "recency": 0.1}])

    assert found.tolist() == [[1.0, pytest.approx(0.9)], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("change", "new", "old", "new_ids", "old_ids", "events"),
    [
        (
            "nothing",
            [0, 0, 1, 1],
            [0, 0, 1, 1],
            "S1 S2",
            "S1 S2",
            [("continued", "S1", None), ("continued", "S2", None)],
        ),
        (
            "a birth among those who were firmly nowhere",
            [0, 0, 0, 1, 1],
            [0, 0, 0, -1, -1],
            "S1 S2",
            "S1",
            [("continued", "S1", None), ("born", "S2", None)],
        ),
        (
            "a death whose members scatter",
            [0, 0, 0, -1, -1],
            [0, 0, 0, 1, 1],
            "S1",
            "S1 S2",
            [("continued", "S1", None), ("died", "S2", None)],
        ),
        (
            "a merger",
            [0, 0, 0, 0, 0],
            [0, 0, 0, 1, 1],
            "S1",
            "S1 S2",
            [("continued", "S1", None), ("merged", "S2", "S1")],
        ),
        (
            "two that merge into a third",
            [0, 0, 0, 0],
            [0, 0, 1, 1],
            "S3",
            "S1 S2",
            [("merged", "S1", "S3"), ("merged", "S2", "S3")],
        ),
        (
            "a split",
            [0, 0, 0, 1, 1],
            [0, 0, 0, 0, 0],
            "S1 S2",
            "S1",
            [("continued", "S1", None), ("split", "S2", "S1")],
        ),
        (
            "a split that leaves nothing of the old",
            [0, 0, 1, 1],
            [0, 0, 0, 0],
            "S2 S3",
            "S1",
            [("split", "S2", "S1"), ("split", "S3", "S1")],
        ),
        (
            "one changed past recognition",
            [0, 0],
            [0, 0],
            "S2",
            "S1",
            [("died", "S1", None), ("born", "S2", None)],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_each_change_is_told_once(  # noqa: PLR0917
    change: str,
    new: list[int],
    old: list[int],
    new_ids: str,
    old_ids: str,
    events: list[tuple[str, str, Any]],
) -> None:
    assert told(new, old, new_ids, old_ids) == events, change


def test_an_event_carries_its_evidence() -> None:
    met = encounter(np.array([0, 0, 0, 0, 0]), np.array([0, 0, 0, 1, 1]))

    found = tell(met, segments("S1", "S2"), segments("S1"), POLICY)

    row = found.row(1, named=True)
    assert (
        row["evidence"]
        == "of the 2 customers who clearly belonged to it, 2 clearly belong to S1 Name of S1 now"
    )
    assert (row["customers"], row["shared_customers"], float(row["overlap"])) == (2, 2, 0.4)


def test_a_birth_says_where_its_customers_were_not() -> None:
    met = encounter(np.array([0, 0, 1, 1, 1]), np.array([0, 0, -1, -1, -1]))

    found = tell(met, segments("S1"), segments("S1", "S2"), POLICY)

    assert found["event"].to_list() == ["continued", "born"]
    assert found["evidence"].to_list() == [
        "of the 2 customers who clearly belong to it, 2 did before",
        "of the 3 customers who clearly belong to it, none clearly belonged to any segment before",
    ]


def test_segments_whose_customers_came_to_behave_alike_have_merged() -> None:
    today = np.array([0, 0, 0, 0, 1, 1])
    emptied = np.array([0, 0, 0, 0, 2, 2])  # nobody is left where the old model looks for S2
    met = encounter(today, emptied, former=np.array([0, 0, 1, 1, 2, 2]))

    found = tell(met, segments("S1", "S2", "S3"), segments("S1", "S3"), POLICY)

    assert found.select("event", "segment_id", "other_segment_id").row(1) == ("merged", "S2", "S1")
    assert found["evidence"][1] == (
        "of the 2 customers who were in it the day before, 2 clearly belong to S1 Name of S1 now"
    )


def test_a_new_name_for_an_old_segment_is_told() -> None:
    met = encounter(np.array([0, 0]), np.array([0, 0]))
    [renamed] = segments("S1")
    old = Segment(segment_id="S1", name="Before", description="", suggested_action="")

    [event] = tell(met, [old], [renamed], POLICY)["event"]

    assert event == "renamed"


def test_a_first_model_s_segments_are_all_born() -> None:
    found = first_events(segments("S1", "S2"), np.array([0, 1, 1, -1]))

    assert found.select("event", "segment_id", "customers").rows() == [
        ("born", "S1", 1),
        ("born", "S2", 2),
    ]

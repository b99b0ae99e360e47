"""Lifecycle: what became of each segment when one model followed another, with evidence. Pure.

The kinds of change are those of Spiliopoulou et al. (2006, "MONIC"): a segment survives, splits,
is absorbed by another, disappears, or emerges.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from models_ml.segmentation.features import by_hash
from models_ml.segmentation.identity import Encounter, meet
from models_ml.segmentation.model import Segment, SegmentModel
from models_ml.segmentation.policy import IdentityPolicy
from models_ml.segmentation.tree import Labels

SHARE = pl.Decimal(6, 4)
SCHEMA: dict[str, Any] = {
    "event": pl.String,  # continued, renamed, born, split, merged, died
    "segment_id": pl.String,
    "segment_name": pl.String,
    "other_segment_id": pl.String,  # split: out of which; merged: into which
    "other_segment_name": pl.String,
    "customers": pl.Int64,  # who clearly belong to it (are not weak), among those compared
    "shared_customers": pl.Int64,  # of them also in the other; without one, in any
    "overlap": SHARE,  # Jaccard's index of the two; null without another
    "likeness": SHARE,
    "evidence": pl.String,
}


def events(
    old: SegmentModel,
    new: SegmentModel,
    customers: pl.DataFrame,
    policy: IdentityPolicy,
    former: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return what became of each segment between two models, in today's customers.

    Both have identities. A row with ``SCHEMA``'s columns for each segment of either model, in the
    order of their numbers; an old one that split up is named by its parts' rows. ``former``
    (customer_id, segment_id) is who was where on the day before: two segments whose customers have
    come to behave alike have merged, though nobody is left where the old model looks for one.
    """
    encounter = meet(new, old, by_hash(customers, policy.compared_customers), former)
    return tell(encounter, old.segments, new.segments, policy)


def tell(
    encounter: Encounter, old: Sequence[Segment], new: Sequence[Segment], policy: IdentityPolicy
) -> pl.DataFrame:
    """Return the events of an encounter of the segments ``new`` and ``old``."""
    at_old = {segment.segment_id: o for o, segment in enumerate(old)}
    at_new = {segment.segment_id: n for n, segment in enumerate(new)}
    ended = [o for i, o in at_old.items() if i not in at_new]
    fresh = [n for i, n in at_new.items() if i not in at_old]
    kept = [(n, at_old[i]) for i, n in at_new.items() if i in at_old]
    merged = _merged(encounter, ended, fresh, policy)
    split = _split(encounter, ended, fresh, policy)
    rows = [
        *(_kept(encounter, n, o, old[o], new[n]) for n, o in kept),
        *(_split_off(encounter, n, o, old[o], new[n]) for n, o in split.items()),
        *(_absorbed(encounter, n, o, old[o], new[n]) for o, n in merged.items()),
        *(
            _alone("born", new[n], encounter.in_new[n], encounter.shared[n])
            for n in fresh
            if n not in split and n not in merged.values()
        ),
        *(
            _alone("died", old[o], encounter.in_old[o], encounter.shared[:, o])
            for o in ended
            if o not in merged and o not in split.values()
        ),
    ]
    return (
        pl.DataFrame(rows, schema={**SCHEMA, "overlap": pl.Float64, "likeness": pl.Float64})
        .with_columns(pl.col("overlap", "likeness").round(4).cast(SHARE))
        .sort(pl.col("segment_id").str.slice(1).cast(pl.Int64, strict=False), "segment_id")
    )


def first_events(segments: Sequence[Segment], segment: Labels) -> pl.DataFrame:
    """Return the births of a first model's segments, whose members are where ``segment`` says."""
    rows = [
        {
            "event": "born",
            "segment_id": known.segment_id,
            "segment_name": known.name,
            "customers": int((segment == position).sum()),
            "evidence": "there were no clusters before to compare it with",
        }
        for position, known in enumerate(segments)
    ]
    return pl.DataFrame(rows, schema=SCHEMA).sort("segment_id")


def _merged(
    encounter: Encounter, ended: list[int], fresh: list[int], policy: IdentityPolicy
) -> dict[int, int]:
    """Return each old segment that most of whose members joined one other, and which.

    A new segment made of a single old one is no merger: it is that one, changed past recognition.
    """
    joining = np.maximum(
        encounter.shared / np.maximum(encounter.in_old, 1),
        encounter.came / np.maximum(encounter.were, 1),
    )
    into = {o: int(joining[:, o].argmax()) for o in ended}
    found = {o: n for o, n in into.items() if joining[n, o] >= policy.part_share}
    joined = Counter(found.values())
    return {o: n for o, n in found.items() if n not in fresh or joined[n] > 1}


def _split(
    encounter: Encounter, ended: list[int], fresh: list[int], policy: IdentityPolicy
) -> dict[int, int]:
    """Return each new segment most of whose members were in one old segment, and which.

    An old segment that ended in a single part did not split: it changed past recognition.
    """
    members = np.maximum(encounter.in_new, 1)[:, None]
    stemming = np.maximum(encounter.shared, encounter.came) / members
    out_of = {n: int(stemming[n].argmax()) for n in fresh}
    found = {n: o for n, o in out_of.items() if stemming[n, o] >= policy.part_share}
    parts = Counter(found.values())
    return {n: o for n, o in found.items() if o not in ended or parts[o] > 1}


def _kept(encounter: Encounter, n: int, o: int, old: Segment, new: Segment) -> dict[str, Any]:
    """Return the row of a segment that goes on, perhaps under a new name."""
    shared, now = int(encounter.shared[n, o]), int(encounter.in_new[n])
    is_renamed = old.name != new.name
    told = f"{_members(now)} clearly belong to it, {shared:,} did before"
    return {
        **_pair("renamed" if is_renamed else "continued", new, encounter, n, o),
        "other_segment_name": old.name if is_renamed else None,
        "customers": now,
        "evidence": f"{told}, when it was called {old.name}" if is_renamed else told,
    }


def _split_off(encounter: Encounter, n: int, o: int, old: Segment, new: Segment) -> dict[str, Any]:
    """Return the row of a new segment that was part of an old one."""
    now = int(encounter.in_new[n])
    shared = int(max(encounter.shared[n, o], encounter.came[n, o]))
    return {
        **_pair("split", new, encounter, n, o),
        "other_segment_id": old.segment_id,
        "other_segment_name": old.name,
        "customers": now,
        "shared_customers": shared,
        "evidence": f"{_members(now)} clearly belong to it, "
        f"{shared:,} were in {_spoken(old)} before",
    }


def _absorbed(encounter: Encounter, n: int, o: int, old: Segment, new: Segment) -> dict[str, Any]:
    """Return the row of an old segment that is now part of another."""
    views = (
        (int(encounter.shared[n, o]), int(encounter.in_old[o]), "clearly belonged to it"),
        (int(encounter.came[n, o]), int(encounter.were[o]), "were in it the day before"),
    )
    shared, then, whom = max(views, key=lambda view: view[0] / max(view[1], 1))
    return {
        **_pair("merged", old, encounter, n, o),
        "other_segment_id": new.segment_id,
        "other_segment_name": new.name,
        "customers": then,
        "shared_customers": shared,
        "evidence": f"{_members(then)} {whom}, {shared:,} clearly belong to {_spoken(new)} now",
    }


def _alone(event: str, segment: Segment, members: int, shared: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the row of a segment that came from nowhere, or went nowhere in particular."""
    in_any, most = int(shared.sum()), int(shared.max(initial=0))
    here, there, when = (
        ("belong", "belonged", "before") if event == "born" else ("belonged", "belong", "now")
    )
    some = f"{in_any:,}" if in_any else "none"
    told = f"{_members(members)} clearly {here} to it, {some} clearly {there} to any segment"
    told += f" {when}, and no more than {most:,} of them to the same" if in_any else f" {when}"
    return {
        "event": event,
        "segment_id": segment.segment_id,
        "segment_name": segment.name,
        "customers": int(members),
        "shared_customers": in_any,
        "evidence": told,
    }


def _pair(event: str, segment: Segment, encounter: Encounter, n: int, o: int) -> dict[str, Any]:
    """Return what the rows of two segments that met have in common."""
    return {
        "event": event,
        "segment_id": segment.segment_id,
        "segment_name": segment.name,
        "shared_customers": int(encounter.shared[n, o]),
        "overlap": float(encounter.overlap[n, o]),
        "likeness": float(encounter.likeness[n, o]),
    }


def _spoken(segment: Segment) -> str:
    """Name a segment by its number too: another may have the name of one that ended."""
    return f"{segment.segment_id} {segment.name}"


def _members(count: int) -> str:
    """Begin a sentence of evidence; who is weak does not clearly belong."""
    return f"of the {count:,} customers who"

"""Identity: which of the new segments are old acquaintances, and what all are called. Pure."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.optimize import linear_sum_assignment

from models_ml.segmentation.assign import UNSEGMENTED, Assignment
from models_ml.segmentation.features import Matrix, by_hash
from models_ml.segmentation.model import Segment, SegmentModel
from models_ml.segmentation.naming import choose_name, still_fits
from models_ml.segmentation.policy import IdentityPolicy
from models_ml.segmentation.profile import explained_shares, standings
from models_ml.segmentation.tree import Labels

OVERLAP_WEIGHT = 0.75  # of the pairing; likeness decides between equal overlaps


@dataclass(frozen=True, kw_only=True)
class Encounter:
    """Two models' segments, seen in the same customers: who is in both, and how alike they are.

    Matrices are new by old segments. ``shared`` counts firm members, ``overlap`` is Jaccard's
    index of them, ``likeness`` is 1 less the mean difference of the segments' standings.
    ``in_new`` and ``in_old`` count each segment's firm members. Both models look at customers as
    they are today; ``came`` counts from where they were known to be on the day before, ``were`` of
    how many that is known.
    """

    new: Assignment
    old: Assignment
    in_new: Labels
    in_old: Labels
    shared: Matrix
    overlap: Matrix
    likeness: Matrix
    came: Matrix
    were: Labels


def with_identity(  # noqa: PLR0913 - by keyword
    model: SegmentModel,
    customers: pl.DataFrame,
    previous: SegmentModel | None,
    *,
    policy: IdentityPolicy,
    next_id: int = 1,
    taken: Collection[str] = (),
) -> SegmentModel:
    """Give each segment its id and name: the old ones where it continues an old segment.

    Args:
        model: a fit whose segments have no identity yet.
        customers: today's, one row each, as ``models_ml.mart`` reads them.
        previous: the model whose segments people know.
        policy: how much of a segment must stay for it to be the same.
        next_id: the least number that no segment has ever had.
        taken: names that are given by hand and so not free.
    """
    seen = by_hash(customers, policy.compared_customers)
    found = model.assign(seen).segment
    count = len(model.cores.reach)
    stand = standings(seen, found, count)
    old = previous.segments if previous is not None else ()
    continued: list[int | None] = [None] * count
    if previous is not None:
        encounter = meet(model, previous, seen)
        continued = match(encounter.overlap, encounter.likeness, policy)
    spend = seen["spend_365d_amount"].cast(pl.Float64).to_numpy()
    values = [
        float(np.median(spend[found == s])) if (found == s).any() else 0.0 for s in range(count)
    ]
    known = {
        s: old[o]
        for s, o in enumerate(continued)
        if o is not None and still_fits(old[o].name, stand[s], slack=policy.name_slack)
    }
    first = max(next_id, previous.next_id if previous is not None else 1)
    ids, next_free = give_ids(continued, [s.segment_id for s in old], values, first)
    return dataclasses.replace(
        model,
        segments=_named(ids, values, known, stand, taken),
        next_id=next_free,
        importance=explained_shares(seen, found),
    )


def meet(
    new: SegmentModel,
    old: SegmentModel,
    customers: pl.DataFrame,
    former: pl.DataFrame | None = None,
) -> Encounter:
    """Let both models assign ``customers``; members are firm ones, since the rest fit anywhere.

    ``former`` says who was where on the day before: customer_id, segment_id.
    """
    now, then = new.assign(customers), old.assign(customers)
    firm_now = np.where(now.is_weak, UNSEGMENTED, now.segment)
    firm_then = np.where(then.is_weak, UNSEGMENTED, then.segment)
    count, known = len(new.cores.reach), len(old.cores.reach)
    shared = shared_members(firm_now, firm_then, segments=count, known=known)
    in_new = np.bincount(firm_now[firm_now >= 0], minlength=count)
    in_old = np.bincount(firm_then[firm_then >= 0], minlength=known)
    was = _positions(customers, old.segments, former)
    return Encounter(
        new=now,
        old=then,
        in_new=in_new,
        in_old=in_old,
        shared=shared,
        overlap=shared / np.maximum(in_new[:, None] + in_old[None, :] - shared, 1),
        likeness=likenesses(
            standings(customers, firm_now, count), standings(customers, firm_then, known)
        ),
        came=shared_members(firm_now, was, segments=count, known=known),
        were=np.bincount(was[was >= 0], minlength=known),
    )


def _positions(
    customers: pl.DataFrame, segments: Sequence[Segment], former: pl.DataFrame | None
) -> Labels:
    """Return the position of each customer's segment of the day before; -1 where unknown."""
    if former is None:
        return np.full(customers.height, UNSEGMENTED)
    known = pl.DataFrame(
        {"segment_id": [s.segment_id for s in segments], "position": range(len(segments))},
        schema={"segment_id": pl.String, "position": pl.Int64},
    )
    placed = former.join(known, on="segment_id").select("customer_id", "position")
    joined = customers.select("customer_id").join(
        placed, on="customer_id", how="left", maintain_order="left"
    )
    found: Labels = joined["position"].fill_null(UNSEGMENTED).to_numpy()
    return found


def shared_members(new: Labels, old: Labels, *, segments: int, known: int) -> Matrix:
    """Return new by old: how many members both have; -1 is in none."""
    both = (new >= 0) & (old >= 0)
    table = np.zeros((segments, known))
    np.add.at(table, (new[both], old[both]), 1)
    return table


def likenesses(new: Sequence[dict[str, float]], old: Sequence[dict[str, float]]) -> Matrix:
    """Return new by old: 1 where both median customers stand alike in every trait; 0 for nobody."""
    stand_new = np.array([list(standing.values()) for standing in new])
    stand_old = np.array([list(standing.values()) for standing in old])
    apart = np.abs(stand_new[:, None, :] - stand_old[None, :, :]).mean(axis=2)
    alike: Matrix = 1 - np.nan_to_num(apart, nan=1.0)
    return alike


def match(overlap: Matrix, likeness: Matrix, policy: IdentityPolicy) -> list[int | None]:
    """Return for each new segment the old one it continues, or None where it was born today.

    One to one, with the largest sum of overlap and likeness (Hungarian method, Kuhn 1955); a pair
    below either of the policy's bounds is no continuation.
    """
    may = (overlap >= policy.min_overlap) & (likeness >= policy.min_likeness)
    worth = np.where(may, OVERLAP_WEIGHT * overlap + (1 - OVERLAP_WEIGHT) * likeness, 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    found: list[int | None] = [None] * overlap.shape[0]
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        if may[row, column]:
            found[row] = column
    return found


def give_ids(
    continued: Sequence[int | None], old_ids: Sequence[str], values: Sequence[float], next_id: int
) -> tuple[list[str], int]:
    """Return the segments' ids, and the next free number.

    Those that continue an old segment keep its id; the newborn are numbered by falling value.
    Numbers are never used again: an S3 of last year must not be another group today.
    """
    ids = ["" if old is None else old_ids[old] for old in continued]
    born = sorted((s for s, found in enumerate(ids) if not found), key=lambda s: (-values[s], s))
    for number, segment in enumerate(born, start=next_id):
        ids[segment] = f"S{number}"
    return ids, next_id + len(born)


def _named(
    ids: Sequence[str],
    values: Sequence[float],
    known: Mapping[int, Segment],
    stand: Sequence[dict[str, float]],
    taken: Collection[str],
) -> tuple[Segment, ...]:
    """Return the segments: the known ones as they are, the others named by falling value."""
    named = dict(known)
    for s in sorted(set(range(len(ids))) - set(named), key=lambda s: (-values[s], s)):
        used = {*taken, *(segment.name for segment in named.values())}
        chosen = choose_name(stand[s], used)
        named[s] = Segment(
            segment_id=ids[s],
            name=chosen.name,
            description=chosen.description,
            suggested_action=chosen.suggested_action,
        )
    return tuple(named[s] for s in range(len(ids)))

"""Identity: which of the new segments are old acquaintances, and what all are called. Pure."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.optimize import linear_sum_assignment

from models_ml.segmentation.cluster import Labels
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.features import Matrix
from models_ml.segmentation.model import Segment, SegmentModel
from models_ml.segmentation.naming import choose_name
from models_ml.segmentation.profile import explained_shares, standings


def with_identity(
    model: SegmentModel,
    customers: pl.DataFrame,
    config: SegmentationConfig,
    previous: SegmentModel | None,
) -> SegmentModel:
    """Give each segment its id and name: the old ones where it continues an old segment."""
    found = model.assign(customers).segment
    count = len(model.cores.reach)
    stand = standings(customers, found, count)
    spend = customers["spend_365d_amount"].cast(pl.Float64).to_numpy()
    values = [float(np.median(spend[found == s])) for s in range(count)]
    old = previous.segments if previous is not None else ()
    continued: list[int | None] = [None] * count
    if previous is not None:
        shared = overlaps(found, previous.assign(customers).segment, segments=count, known=len(old))
        continued = match(shared, at_least=config.min_overlap)
    ids, next_id = give_ids(
        continued,
        [segment.segment_id for segment in old],
        values,
        previous.next_id if previous is not None else 1,
    )
    named: dict[int, Segment] = {s: old[o] for s, o in enumerate(continued) if o is not None}
    for s in sorted(set(range(count)) - set(named), key=lambda s: (-values[s], s)):
        chosen = choose_name(stand[s], {segment.name for segment in named.values()})
        named[s] = Segment(
            segment_id=ids[s],
            name=chosen.name,
            description=chosen.description,
            suggested_action=chosen.suggested_action,
        )
    return dataclasses.replace(
        model,
        segments=tuple(named[s] for s in range(count)),
        next_id=next_id,
        importance=explained_shares(customers, found),
    )


def overlaps(new: Labels, old: Labels, *, segments: int, known: int) -> Matrix:
    """Return new by old: members in both over members in either (Jaccard); -1 is in none."""
    both = (new >= 0) & (old >= 0)
    table = np.zeros((segments, known))
    np.add.at(table, (new[both], old[both]), 1)
    in_new = np.bincount(new[new >= 0], minlength=segments)[:, None]
    in_old = np.bincount(old[old >= 0], minlength=known)[None, :]
    shared: Matrix = table / np.maximum(in_new + in_old - table, 1)
    return shared


def match(overlap: Matrix, *, at_least: float) -> list[int | None]:
    """Return for each new segment the old one it continues, or None where it was born today.

    One to one, with the largest overlap in sum (Hungarian method); a pair below ``at_least`` is
    no continuation.
    """
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    found: list[int | None] = [None] * overlap.shape[0]
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        if overlap[row, column] >= at_least:
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

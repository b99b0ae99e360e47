"""Identity: which of the new segments are old acquaintances. Pure."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from models_ml.segmentation.cluster import Labels
from models_ml.segmentation.features import Matrix


def overlaps(new: Labels, old: Labels, *, segments: int, known: int) -> Matrix:
    """Return new × old: members in both over members in either (Jaccard); -1 is in none."""
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

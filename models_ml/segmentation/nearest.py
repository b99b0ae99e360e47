"""Nearest: distances of many points to some, in blocks that fit the processor's cache. Pure.

A search tree visits nearly every leaf in a dozen dimensions; a matrix product does not branch.
"""

import numpy as np

from models_ml.segmentation.features import Matrix
from models_ml.segmentation.tree import Labels

BLOCK_VALUES = 2_000_000  # distances held at a time: 16 MB
ALMOST_NONE = 1e-7  # a square's rounding error; below it a point lies on the other


def group_distances(points: Matrix, known: Matrix, group: Labels, groups: int) -> Matrix:
    """Return points by groups: the Euclidean distance to the nearest of each group's points.

    Args:
        points: n by d.
        known: m by d; rows of a group need not be together.
        group: m group numbers, 0 to ``groups`` - 1, each at least once.
        groups: how many groups there are.
    """
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(groups))
    # |p - k|² = |p|² + (p, 1) · (-2k, |k|²), so that one product yields all but |p|²
    kept = known[order]
    right = np.vstack([-2 * kept.T, (kept**2).sum(axis=1)])
    left = np.hstack([points, np.ones((len(points), 1))])
    found = np.empty((len(points), groups))
    step = max(1, BLOCK_VALUES // len(known))
    for first in range(0, len(points), step):
        block = left[first : first + step]
        squares = np.minimum.reduceat(block @ right, starts, axis=1)
        found[first : first + step] = squares + (block[:, :-1] ** 2).sum(axis=1, keepdims=True)
    return np.sqrt(np.where(found < ALMOST_NONE, 0.0, found))


def nearest_label(known: Matrix, labels: Labels, points: Matrix) -> Labels:
    """Return for each of ``points`` the label of the nearest labelled one of ``known``."""
    members = labels >= 0
    count = int(labels.max()) + 1
    distance = group_distances(points, known[members], labels[members], count)
    found: Labels = distance.argmin(axis=1).astype(np.int64)
    return found

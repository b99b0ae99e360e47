"""Nearest: distances of many points to some, in blocks that fit the processor's cache. Pure.

To a group of points a matrix product is quickest: it does not branch. To the one nearest point of
all a search tree is, where customers lie in clusters.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.spatial import KDTree
from threadpoolctl import threadpool_limits

from models_ml.segmentation.features import Matrix
from models_ml.segmentation.tree import LEAF, Labels

BLOCK_VALUES = (
    200_000  # distances that one thread holds at a time: 1.6 MB, which stays in its cache
)
ALMOST_NONE = 1e-7  # a square's rounding error; below it a point lies on the other

# Blocks at a time. None waits for another, so more than there are cores do no harm, whereas BLAS's
# own threads wait by spinning: on a busy machine that took 31 s for what takes 4.
THREADS = 4


def group_distances(points: Matrix, known: Matrix, group: Labels, groups: int) -> Matrix:
    """Return points by groups: the Euclidean distance to the nearest of each group's points.

    The number of cores changes no digit.

    Args:
        points: n by d.
        known: m by d; rows of a group need not be together.
        group: m group numbers, 0 to ``groups`` - 1, each at least once.
        groups: how many groups there are.
    """
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(groups))
    # |p - k|² = |p|² + p · -2k + |k|²
    kept = known[order]
    right, lengths = -2 * kept.T, (kept**2).sum(axis=1)
    found = np.empty((len(points), groups))
    step = max(1, BLOCK_VALUES // len(known))

    def measure(first: int) -> None:
        block = points[first : first + step]
        squares = block @ right
        squares += lengths
        nearest = np.minimum.reduceat(squares, starts, axis=1)
        nearest += np.einsum("ij,ij->i", block, block)[:, None]
        nearest[nearest < ALMOST_NONE] = 0.0
        np.sqrt(nearest, out=found[first : first + step])

    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(measure, range(0, len(points), step)))
    return found


def label_everyone(points: Matrix, labels: Labels) -> Labels:
    """Return the labels, each -1 among them replaced by that of the nearest labelled point."""
    unlabelled = labels < 0
    if not unlabelled.any():
        return labels
    _, place = KDTree(points[~unlabelled], leafsize=LEAF).query(points[unlabelled])
    found = labels.copy()
    found[unlabelled] = labels[~unlabelled][place]
    return found

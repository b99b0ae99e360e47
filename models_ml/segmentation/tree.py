"""Tree: HDBSCAN in two steps, so that one spanning tree serves the whole grid. Pure.

What cuts a tree into clusters is cheap; what grows it is not. Choosing between the cuts belongs
to ``cluster``.
"""

from dataclasses import dataclass
from typing import Literal

import hdbscan
import numpy as np
import numpy.typing as npt
from hdbscan.hdbscan_ import _tree_to_labels

from models_ml.segmentation.features import Matrix

Labels = npt.NDArray[np.int64]
Method = Literal["eom", "leaf"]

NO_VALIDITY = -1.0
FEW = 5  # the least members of a cluster, however few customers there are


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The exact spanning tree of mutual reachability, and the merges it makes.

    ``edges`` is rows - 1 by (from, to, distance); ``merges`` is the same as a dendrogram.
    """

    edges: Matrix
    merges: Matrix
    points: int


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Labels of one fit (-1: in no dense place), and the condensed tree they were cut from."""

    labels: Labels
    condensed: npt.NDArray[np.void]


def grow(matrix: Matrix, *, min_samples: int) -> Tree:
    """Return the tree of ``matrix`` (customers by features).

    The approximate tree depends on the order of rows; the exact one takes as long.
    """
    fitted = hdbscan.HDBSCAN(
        min_cluster_size=FEW,
        min_samples=min_samples,
        algorithm="boruvka_kdtree",
        approx_min_span_tree=False,
        gen_min_span_tree=True,
        core_dist_n_jobs=1,
    ).fit(matrix)
    return Tree(
        edges=fitted.minimum_spanning_tree_.to_numpy(),
        merges=fitted.single_linkage_tree_.to_numpy(),
        points=len(matrix),
    )


def cut(tree: Tree, *, cluster_share: float, method: Method) -> Cut:
    """Return where the tree falls apart; a cluster holds ``cluster_share`` of the points at least.

    HDBSCAN's own second half, called by itself.
    """
    size = max(FEW, round(cluster_share * tree.points))
    labels, _, _, condensed, _ = _tree_to_labels(
        None, tree.merges, size, cluster_selection_method=method
    )
    return Cut(labels=np.asarray(labels, dtype=np.int64), condensed=condensed)


def validity(tree: Tree, labels: Labels) -> float:
    """Return DBCV over the tree's edges, -1 to 1: are gaps between clusters wider than within?

    The relative index of Moulavi et al. (2014) as HDBSCAN defines it: per cluster, (separation -
    sparseness) / the larger of both, weighted by its share of all points, noise included. A
    cluster that only noise leads to is taken to be twice the longest edge apart. Any labels of
    the same points can be judged, so that other methods' are comparable.
    """
    count = int(labels.max()) + 1
    if count < 2:  # noqa: PLR2004 - a single cluster has nothing to be apart from
        return NO_VALIDITY
    one, other = (labels[tree.edges[:, side].astype(np.int64)] for side in (0, 1))
    steps = tree.edges[:, 2]
    inside = (one == other) & (one >= 0)
    between = (one != other) & (one >= 0) & (other >= 0)
    sparseness = np.zeros(count)
    np.maximum.at(sparseness, one[inside], steps[inside])
    separation = np.full(count, np.inf)
    for side in (one, other):
        np.minimum.at(separation, side[between], steps[between])
    separation = np.where(np.isfinite(separation), separation, 2 * steps.max())
    widest = np.maximum(np.maximum(separation, sparseness), np.finfo(float).tiny)
    weights = np.bincount(labels[labels >= 0], minlength=count) / tree.points
    return round(float((weights * (separation - sparseness) / widest).sum()), 6)

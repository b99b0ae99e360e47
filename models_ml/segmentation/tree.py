"""Tree: HDBSCAN in its own three steps, so that one spanning tree serves the whole grid. Pure.

What grows a tree is dear, what condenses it less so, what cuts it cheap. Choosing between the cuts
belongs to ``cluster``.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from hdbscan._hdbscan_linkage import mst_linkage_core_vector
from hdbscan._hdbscan_tree import compute_stability, condense_tree, get_clusters
from hdbscan.dist_metrics import EuclideanDistance
from scipy.spatial import KDTree
from sklearn.cluster._hierarchical_fast import single_linkage_label

from models_ml.segmentation.features import Matrix

Labels = npt.NDArray[np.int64]
Condensed = npt.NDArray[np.void]  # HDBSCAN's columns: parent, child, lambda_val, child_size
Method = Literal["eom", "leaf"]

NO_VALIDITY = -1.0
LEAF = 64  # points a leaf: in a dozen dimensions a tree of smaller ones is searched whole anyway
FEW = 5  # the least members of a cluster, however few customers there are


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The exact spanning tree of mutual reachability, and the merges it makes.

    ``edges`` is rows - 1 by (from, to, distance); ``merges`` is the same as a dendrogram.
    """

    edges: Matrix
    merges: Matrix
    points: int


def grow(matrix: Matrix, *, min_samples: int) -> Tree:
    """Return the tree of ``matrix`` (customers by features).

    Prim's algorithm, HDBSCAN's own: exact, so that the order of rows does not decide, and on some
    thousand customers half the work of Boruvka's, which HDBSCAN would choose.
    """
    neighbours = min(min_samples + 1, len(matrix))  # everyone is the first of their own
    reach, _ = KDTree(matrix, leafsize=LEAF).query(matrix, k=[neighbours])
    edges = mst_linkage_core_vector(
        np.ascontiguousarray(matrix), reach.ravel(), EuclideanDistance()
    )
    edges = edges[np.argsort(edges[:, 2], kind="stable")]
    return Tree(edges=edges, merges=single_linkage_label(edges), points=len(matrix))


def condense(tree: Tree, *, cluster_share: float) -> Condensed:
    """Return the tree without its splinters: a cluster has that share of the points at least."""
    condensed: Condensed = condense_tree(tree.merges, max(FEW, round(cluster_share * tree.points)))
    return condensed


def cut(condensed: Condensed, *, method: Method) -> Labels:
    """Return each point's label (-1: in no dense place) where the tree falls apart best."""
    labels, _, _ = get_clusters(condensed, compute_stability(condensed), method)
    return np.asarray(labels, dtype=np.int64)


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

"""Quality: how large, how compact and how far apart the clusters of a labelling are. Pure."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import davies_bouldin_score

from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.features import Matrix
from models_ml.segmentation.nearest import ALMOST_NONE, BLOCK_VALUES, label_everyone
from models_ml.segmentation.tree import Labels


def shape(labels: Labels) -> dict[str, float]:
    """Return the number of clusters, the share of customers in them, and the largest one's."""
    members = labels >= 0
    sizes = np.bincount(labels[members], minlength=1)
    metrics = {
        "segments": float(labels.max() + 1),
        "coverage": float(members.mean()),
        "noise_share": float((~members).mean()),
        "largest_share": float(sizes.max() / len(labels)),
    }
    return {name: round(value, 6) for name, value in metrics.items()}


def quality(
    matrix: Matrix, labelled: Sequence[Labels], config: SegmentationConfig
) -> list[dict[str, float]]:
    """Return each labelling's silhouette (Rousseeuw, 1987) and Davies-Bouldin index (1979).

    Customers in no dense place count with the nearest cluster, so that noise cannot flatter. On a
    seeded sample where they are many: silhouette grows with the square.
    """
    kept = np.arange(len(matrix))
    if len(matrix) > config.judged_customers:
        random = np.random.default_rng([config.seed, 3])
        kept = np.sort(random.choice(len(matrix), config.judged_customers, replace=False))
    points = matrix[kept]
    everyone = [label_everyone(matrix, labels)[kept] for labels in labelled]
    return [
        {
            "silhouette": round(found, 6),
            "davies_bouldin": round(float(davies_bouldin_score(points, labels)), 6),
        }
        for found, labels in zip(silhouettes(points, everyone), everyone, strict=True)
    ]


def silhouettes(points: Matrix, labelled: Sequence[Labels]) -> list[float]:
    """Return the mean silhouette of each of ``labelled`` (none of them -1), -1 to 1.

    All are judged by the same distances, which are measured once and never held all at a time.
    """
    members = [np.eye(int(labels.max()) + 1)[labels] for labels in labelled]
    together = np.concatenate(members, axis=1)
    lengths = (points**2).sum(axis=1)
    sums = np.empty((len(points), together.shape[1]))
    step = max(1, BLOCK_VALUES // len(points))
    for first in range(0, len(points), step):
        rows = slice(first, first + step)
        # |p - q|² = |p|² + p · -2q + |q|²
        squares = points[rows] @ (-2 * points.T)
        squares += lengths
        squares += lengths[rows, None]
        squares[squares < ALMOST_NONE] = 0.0
        sums[rows] = np.sqrt(squares, out=squares) @ together
    parts = np.split(sums, np.cumsum([part.shape[1] for part in members])[:-1], axis=1)
    return [_silhouette(part, labels) for part, labels in zip(parts, labelled, strict=True)]


def _silhouette(sums: Matrix, labels: Labels) -> float:
    """Return the mean silhouette, from each point's summed distances to every cluster."""
    sizes = np.bincount(labels, minlength=sums.shape[1])
    own = sums[np.arange(len(labels)), labels] / np.maximum(sizes[labels] - 1, 1)
    means = sums / np.maximum(sizes, 1)
    means[:, sizes == 0] = np.inf
    means[np.arange(len(labels)), labels] = np.inf
    other = means.min(axis=1)
    widest = np.maximum(np.maximum(own, other), ALMOST_NONE)
    alone = sizes[labels] == 1  # silhouette 0, as Rousseeuw has it
    return float(np.where(alone, 0.0, (other - own) / widest).mean())

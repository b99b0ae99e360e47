"""Baselines: K-means and Ward's tree on the same matrix, judged by the same numbers. Pure.

They show what HDBSCAN is worth; they never lead, since they cut any continuum into as many
pieces as they are asked for.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.features import Matrix
from models_ml.segmentation.nearest import label_everyone
from models_ml.segmentation.quality import quality, shape
from models_ml.segmentation.tree import Labels, grow, validity

RESTARTS = 3

Partition = Callable[[Matrix, int], Labels]


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """One method with one number of clusters, and how good its clusters are."""

    method: str
    segments: int
    metrics: dict[str, float]


def compare(matrix: Matrix, config: SegmentationConfig) -> list[Baseline]:
    """Return K-means for every number of segments and Ward's tree at the best of them.

    ``inertia_share`` is the elbow's curve: the part of the variance that lies within clusters.
    The best number has the highest silhouette. Taken on ``judged_customers`` at most, in row
    order, because Ward's tree grows with the square.
    """
    rows = matrix
    if len(matrix) > config.judged_customers:
        random = np.random.default_rng([config.seed, 2])
        rows = matrix[np.sort(random.choice(len(matrix), config.judged_customers, replace=False))]
    counts = range(2, config.max_segments + 1)
    tried = {count: _k_means(rows, count, config.seed) for count in counts}
    judged = quality(rows, list(tried.values()), config)
    silhouettes = {count: found["silhouette"] for count, found in zip(counts, judged, strict=True)}
    best = max(counts, key=lambda count: silhouettes[count])
    found = [
        Baseline(
            method="k-means",
            segments=count,
            metrics={
                "silhouette": silhouettes[count],
                "inertia_share": _within(rows, tried[count]),
            },
        )
        for count in counts
        if count != best
    ]
    partitions: dict[str, Partition] = {
        "k-means": lambda part, count: _k_means(part, count, config.seed),
        "agglomerative": _ward,
    }
    for method, partition in partitions.items():
        metrics = _judged(rows, best, partition, config)
        found.append(Baseline(method=method, segments=best, metrics=metrics))
    return found


def _judged(
    matrix: Matrix, count: int, partition: Partition, config: SegmentationConfig
) -> dict[str, float]:
    """Return all the numbers that HDBSCAN is judged by; stability is that of two halves."""
    labels = partition(matrix, count)
    order = np.random.default_rng([config.seed, 0]).permutation(len(matrix))
    views = []
    for side in (0, 1):
        known = np.full(len(matrix), -1)
        half = np.sort(order[side::2])
        known[half] = partition(matrix[half], count)
        views.append(label_everyone(matrix, known))
    return {
        **shape(labels),
        **quality(matrix, [labels], config)[0],
        "dbcv": validity(grow(matrix, min_samples=config.min_samples[0]), labels),
        "stability": round(float(adjusted_rand_score(*views)), 6),
        "inertia_share": _within(matrix, labels),
    }


def _k_means(matrix: Matrix, count: int, seed: int) -> Labels:
    """Return Lloyd's clusters, the best of several starts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct customers than means
        fitted = KMeans(n_clusters=count, n_init=RESTARTS, random_state=seed % 2**32).fit(matrix)
    found: Labels = fitted.labels_.astype(np.int64)
    return found


def _ward(matrix: Matrix, count: int) -> Labels:
    """Return the clusters of Ward's tree (1963)."""
    found: Labels = AgglomerativeClustering(n_clusters=count).fit_predict(matrix).astype(np.int64)
    return found


def _within(matrix: Matrix, labels: Labels) -> float:
    """Return the share of the variance that lies within clusters, 0 to 1."""
    sizes = np.bincount(labels)
    sums = np.column_stack([np.bincount(labels, weights=column) for column in matrix.T])
    between = ((sums / sizes[:, None] - matrix.mean(axis=0)) ** 2 * sizes[:, None]).sum()
    total = ((matrix - matrix.mean(axis=0)) ** 2).sum()
    return round(float(1 - between / total), 6)

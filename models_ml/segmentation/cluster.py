"""Cluster: HDBSCAN over a small grid, and the proof that what it found is worth a name. Pure."""

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import hdbscan
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree
from sklearn.metrics import adjusted_rand_score, silhouette_score

from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.features import Matrix

Labels = npt.NDArray[np.int64]

SILHOUETTE_SAMPLE = 10_000
NO_VALIDITY = -1.0


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One point of the grid."""

    cluster_share: float
    min_samples: int
    selection_method: str


@dataclass(frozen=True, kw_only=True)
class Clustering:
    """Labels (-1: in no dense place) and how good they are.

    Labels are of this fit alone; give them meaning by profile, never by number.
    """

    labels: Labels
    setting: Setting
    metrics: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Search:
    """What the grid found: the clustering to use, or why there is none; and every try."""

    chosen: Clustering | None
    refusal: str
    tries: list[Clustering]


def find_clusters(matrix: Matrix, config: SegmentationConfig) -> Search:
    """Return the best clustering that is well shaped and that subsamples find again.

    Rows must arrive in a canonical order: HDBSCAN breaks ties by position.
    """
    tries = [_fit(matrix, setting) for setting in _grid(config)]
    shaped = [t for t in tries if is_well_shaped(t, config)]
    if not shaped:
        return Search(chosen=None, refusal=_why_not(tries, config), tries=tries)
    measured = [_with_stability(matrix, clustering, config) for clustering in _distinct(shaped)]
    stable = [m for m in measured if m.metrics["stability"] >= config.min_stability]
    if not stable:
        best = max(m.metrics["stability"] for m in measured)
        refusal = (
            f"clusters do not reproduce: subsamples agree with the whole to {best:.2f} at best "
            f"(adjusted Rand index), and {config.min_stability} is asked for"
        )
        return Search(chosen=None, refusal=refusal, tries=tries)
    return Search(chosen=_best(matrix, stable, config), refusal="", tries=tries)


def _best(matrix: Matrix, stable: list[Clustering], config: SegmentationConfig) -> Clustering:
    """Return the best by DBCV + stability + coverage; the grid's order breaks ties.

    Each is 1 at most. DBCV alone is fickle: it jumps where a path between two clusters leads
    through noise, which one more neighbour decides.
    """
    best = max(stable, key=lambda c: sum(c.metrics[m] for m in ("dbcv", "stability", "coverage")))
    found = {**best.metrics, "silhouette": silhouette(matrix, best.labels, config)}
    return dataclasses.replace(best, metrics=found)


def _with_stability(
    matrix: Matrix, clustering: Clustering, config: SegmentationConfig
) -> Clustering:
    """Return the clustering with its stability measured."""
    found = {**clustering.metrics, "stability": stability(matrix, clustering, config)}
    return dataclasses.replace(clustering, metrics=found)


def _distinct(clusterings: list[Clustering]) -> list[Clustering]:
    """Return the first of each set of equal labels, so that none is measured twice."""
    return list({c.labels.tobytes(): c for c in reversed(clusterings)}.values())[::-1]


def is_well_shaped(clustering: Clustering, config: SegmentationConfig) -> bool:
    """Say whether numbers of segments and members, and the gaps between them, are fit for use."""
    found = clustering.metrics
    return (
        config.min_segments <= found["segments"] <= config.max_segments
        and found["coverage"] >= config.min_coverage
        and found["largest_share"] <= config.max_segment_share
        and found["dbcv"] >= config.min_dbcv
    )


def stability(matrix: Matrix, clustering: Clustering, config: SegmentationConfig) -> float:
    """Return how far fits on subsamples give everyone the same company (mean ARI).

    Both sides label all points by the nearest member, so that noise cannot flatter: a fit that
    finds nothing in a subsample agrees with nothing.
    """
    whole = nearest_label(matrix, clustering.labels, matrix)
    agreements = []
    for draw in range(config.stability_fits):
        chosen = np.random.default_rng([config.seed, draw]).random(len(matrix))
        part = matrix[chosen < config.stability_share]
        labels = _fit(part, clustering.setting).labels
        found = labels.max() >= 1
        again = nearest_label(part, labels, matrix) if found else np.zeros_like(whole)
        agreements.append(adjusted_rand_score(whole, again))
    return round(float(np.mean(agreements)), 6)


def silhouette(matrix: Matrix, labels: Labels, config: SegmentationConfig) -> float:
    """Return the mean silhouette of the members, on a seeded sample where they are many."""
    members = labels >= 0
    score = silhouette_score(
        matrix[members],
        labels[members],
        sample_size=min(SILHOUETTE_SAMPLE, int(members.sum())),
        random_state=config.seed,
    )
    return round(float(score), 6)


def nearest_label(known: Matrix, labels: Labels, points: Matrix) -> Labels:
    """Return for each point the label of the nearest labelled one."""
    members = labels >= 0
    _, nearest = cKDTree(known[members]).query(points)
    found: Labels = labels[members][nearest]
    return found


def _grid(config: SegmentationConfig) -> Iterator[Setting]:
    """Walk the grid in a fixed order."""
    for share, samples, method in itertools.product(
        config.cluster_shares, config.min_samples, config.selection_methods
    ):
        yield Setting(cluster_share=share, min_samples=samples, selection_method=method)


def _fit(matrix: Matrix, setting: Setting) -> Clustering:
    """Fit once. The exact spanning tree costs the same and cures the dependence on row order."""
    fitted = hdbscan.HDBSCAN(
        min_cluster_size=max(5, round(setting.cluster_share * len(matrix))),
        min_samples=setting.min_samples,
        cluster_selection_method=setting.selection_method,
        approx_min_span_tree=False,
        gen_min_span_tree=True,
        core_dist_n_jobs=1,
    ).fit(matrix)
    labels = fitted.labels_.astype(np.int64)
    metrics = _measure(labels, fitted)
    return Clustering(labels=labels, setting=setting, metrics=metrics)


def _measure(labels: Labels, fitted: hdbscan.HDBSCAN) -> dict[str, float]:
    """Return the numbers a clustering is judged by."""
    members = labels >= 0
    metrics = {
        "segments": float(labels.max() + 1),
        "coverage": float(members.mean()),
        "noise_share": float((~members).mean()),
        "largest_share": float(np.bincount(labels[members], minlength=1).max() / len(labels)),
        "dbcv": _relative_validity(fitted) if labels.max() > 0 else NO_VALIDITY,
    }
    return {name: round(value, 6) for name, value in metrics.items()}


def _relative_validity(fitted: hdbscan.HDBSCAN) -> float:
    """Return DBCV over the spanning tree's edges; its worst where equal points divide 0 by 0."""
    with np.errstate(invalid="ignore"):
        validity = float(fitted.relative_validity_)
    return validity if np.isfinite(validity) else NO_VALIDITY


def _why_not(tries: list[Clustering], config: SegmentationConfig) -> str:
    """Say in a sentence what the grid found instead of a usable shape."""
    best = max(
        tries, key=lambda t: (t.metrics["segments"] >= config.min_segments, t.metrics["dbcv"])
    )
    found = best.metrics
    return (
        f"no usable density structure: the best of {len(tries)} fits has "
        f"{found['segments']:.0f} clusters that cover {found['coverage']:.0%} of customers, the "
        f"largest {found['largest_share']:.0%}; asked for are {config.min_segments} to "
        f"{config.max_segments} that cover {config.min_coverage:.0%}, none above "
        f"{config.max_segment_share:.0%}"
    )

"""Cluster: HDBSCAN over a small grid, and which of its clusterings is fit for use. Pure.

Whether what is found is more than chance would give is for ``structure`` to say.
"""

import dataclasses
from dataclasses import dataclass, field

import numpy as np
from sklearn.metrics import adjusted_rand_score

from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.features import Matrix
from models_ml.segmentation.nearest import label_everyone
from models_ml.segmentation.quality import quality, shape
from models_ml.segmentation.tree import (
    Condensed,
    Labels,
    Method,
    Tree,
    condense,
    cut,
    grow,
    validity,
)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One point of the grid."""

    cluster_share: float
    min_samples: int
    selection_method: Method


@dataclass(frozen=True, kw_only=True)
class Clustering:
    """Labels (-1: in no dense place) and how good they are.

    Labels are of this fit alone; give them meaning by profile, never by number. ``tree`` is
    HDBSCAN's condensed tree: parent, child, lambda_val, child_size.
    """

    labels: Labels
    setting: Setting
    metrics: dict[str, float]
    tree: Condensed | None = field(default=None, compare=False)

    @property
    def firmness(self) -> float:
        """How firm the clusters are, 2 at most: compared with other fits and with null companies.

        Coverage has no say: fewer clusters cover more. Nor has DBCV: it jumps where a path between
        two clusters leads through noise, which one more neighbour decides (0.00 and 0.12 for the
        same segments), and on a continuum with zeros its luck is wide (0.03 to 0.56 in 14 draws).
        """
        return self.metrics["stability"] + self.metrics["silhouette"]


@dataclass(frozen=True, kw_only=True)
class Search:
    """What the grid found: the clustering to use, or why there is none; and every try."""

    chosen: Clustering | None
    refusal: str
    tries: list[Clustering]


def find_clusters(matrix: Matrix, config: SegmentationConfig) -> Search:
    """Return the best clustering that is well shaped and that halves of the customers find again.

    Rows must arrive in a canonical order: HDBSCAN breaks ties by position.
    """
    tries = _fit_grid(matrix, config)
    shaped = [t for t in tries if is_well_shaped(t, config)]
    if not shaped:
        return Search(chosen=None, refusal=_why_not(tries, config), tries=tries)
    candidates = _distinct(shaped)
    agreement = stability(matrix, candidates, config)
    found = quality(matrix, [candidate.labels for candidate in candidates], config)
    measured = [
        dataclasses.replace(c, metrics={**c.metrics, **figures, "stability": value})
        for c, figures, value in zip(candidates, found, agreement, strict=True)
    ]
    tries = [next((m for m in measured if m.setting == t.setting), t) for t in tries]
    stable = [m for m in measured if m.metrics["stability"] >= config.min_stability]
    if not stable:
        refusal = (
            f"clusters do not reproduce: halves of the customers agree to {max(agreement):.2f} at "
            f"best (adjusted Rand index), and {config.min_stability} is asked for"
        )
        return Search(chosen=None, refusal=refusal, tries=tries)
    return Search(chosen=_choose(stable, config), refusal="", tries=tries)


def is_well_shaped(clustering: Clustering, config: SegmentationConfig) -> bool:
    """Say whether numbers of segments and members, and the gaps between them, are fit for use."""
    found = clustering.metrics
    return (
        config.min_segments <= found["segments"] <= config.max_segments
        and found["coverage"] >= config.min_coverage
        and found["largest_share"] <= config.max_segment_share
        and found["dbcv"] >= config.min_dbcv
    )


def stability(
    matrix: Matrix, clusterings: list[Clustering], config: SegmentationConfig
) -> list[float]:
    """Return for each clustering how far fits on two halves give everyone the same company.

    The mean adjusted Rand index (Hubert and Arabie, 1985) over ``stability_splits`` splits. Both
    halves label all points by the nearest member, so that noise cannot flatter: a half that finds
    fewer than two clusters agrees with nothing. One tree a half serves all cuts.
    """
    agreements = np.zeros((config.stability_splits, len(clusterings)))
    for split in range(config.stability_splits):
        order = np.random.default_rng([config.seed, split]).permutation(len(matrix))
        views = [_HalfView(matrix, np.sort(order[side::2])) for side in (0, 1)]
        for place, clustering in enumerate(clusterings):
            one, other = (view.label_all(clustering.setting) for view in views)
            if one is not None and other is not None:
                agreements[split, place] = adjusted_rand_score(one, other)
    return [round(float(value), 6) for value in agreements.mean(axis=0)]


def _fit_grid(matrix: Matrix, config: SegmentationConfig) -> list[Clustering]:
    """Return every clustering of the grid, in a fixed order; a tree serves all its cuts."""
    tries = []
    for samples in config.min_samples:
        tree = grow(matrix, min_samples=samples)
        for share in config.cluster_shares:
            condensed = condense(tree, cluster_share=share)
            for method in config.selection_methods:
                labels = cut(condensed, method=method)
                tries.append(
                    Clustering(
                        labels=labels,
                        setting=Setting(
                            cluster_share=share, min_samples=samples, selection_method=method
                        ),
                        metrics={**shape(labels), "dbcv": validity(tree, labels)},
                        tree=condensed,
                    )
                )
    return tries


class _HalfView:
    """Everyone as one half of the customers labels them; nothing is grown or looked up twice."""

    def __init__(self, matrix: Matrix, half: Labels) -> None:
        """Take everyone, and the rows of the half."""
        self._matrix, self._half = matrix, half
        self._trees: dict[int, Tree] = {}
        self._condensed: dict[tuple[int, float], Condensed] = {}
        self._known: dict[bytes, Labels] = {}

    def label_all(self, setting: Setting) -> Labels | None:
        """Return everyone's label by the half's clusters, or none where it has not two."""
        labels = cut(self._condense(setting), method=setting.selection_method)
        if labels.max() < 1:
            return None
        key = labels.tobytes()
        if key not in self._known:
            known = np.full(len(self._matrix), -1)
            known[self._half] = labels
            self._known[key] = label_everyone(self._matrix, known)
        return self._known[key]

    def _condense(self, setting: Setting) -> Condensed:
        """Return the half's tree without its splinters."""
        samples, share = setting.min_samples, setting.cluster_share
        if samples not in self._trees:
            self._trees[samples] = grow(self._matrix[self._half], min_samples=samples)
        if (samples, share) not in self._condensed:
            condensed = condense(self._trees[samples], cluster_share=share)
            self._condensed[samples, share] = condensed
        return self._condensed[samples, share]


def _choose(stable: list[Clustering], config: SegmentationConfig) -> Clustering:
    """Return the fit of highest DBCV among those as firm as the firmest, the first of equals.

    DBCV alone would take a fit that leaves a kind out, for a luckier gap.
    """
    least = max(fit.firmness for fit in stable) - config.firmness_tolerance
    return max((f for f in stable if f.firmness >= least), key=lambda f: f.metrics["dbcv"])


def _distinct(clusterings: list[Clustering]) -> list[Clustering]:
    """Return the first of each set of equal labels, so that none is measured twice."""
    return list({c.labels.tobytes(): c for c in reversed(clusterings)}.values())[::-1]


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

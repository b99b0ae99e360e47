"""Structure: are there kinds of customers, or only a continuum that any method would cut? Pure.

A company is compared with null companies: customers drawn at random from a Gaussian copula that
has the company's margins, zeros included, and its rank correlations, and nothing else. What the
same search finds there is what it invents.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from models_ml.segmentation.cluster import Search, find_clusters
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.features import Matrix

ROUNDS = 6  # of raising; the correlations then agree to about 0.01
NEARLY_ONE = 0.999
NOTHING = 0.0  # the score of a search that found no clusters


@dataclass(frozen=True, kw_only=True)
class Structure:
    """The verdict and its evidence; scores are ``Clustering.firmness``, 2 at most."""

    is_found: bool
    reason: str
    score: float
    null_scores: tuple[float, ...]

    @property
    def metrics(self) -> dict[str, float]:
        """The figures that are logged and shown."""
        claimed = sum(score > NOTHING for score in self.null_scores)
        return {
            "structure_found": float(self.is_found),
            "structure_score": round(self.score, 6),
            "structure_null_best": round(max(self.null_scores, default=NOTHING), 6),
            "structure_null_companies": float(len(self.null_scores)),
            "structure_null_with_clusters": float(claimed),
        }


def prove(matrix: Matrix, search: Search, config: SegmentationConfig) -> Structure:
    """Say whether the clusters of ``search`` are more than null companies' would be.

    Where the matrix has more rows than ``null_customers``, company and nulls are compared on so
    many, since scores depend on their number. It stops at the first null that comes too near.
    """
    if search.chosen is None:
        return Structure(is_found=False, reason=search.refusal, score=NOTHING, null_scores=())
    rows, score = matrix, search.chosen.firmness
    if len(matrix) > config.null_customers:
        random = np.random.default_rng([config.seed, 1])
        rows = matrix[np.sort(random.choice(len(matrix), config.null_customers, replace=False))]
        score = _score(rows, config)
    nulls: list[float] = []
    for draw in range(config.null_companies):
        nulls.append(_score(null_company(rows, seed=config.seed + draw), config))
        if nulls[-1] + config.null_margin > score:
            break
    found = max(nulls) + config.null_margin <= score
    return Structure(
        is_found=found,
        reason=_reason(score, nulls, config, found=found),
        score=score,
        null_scores=tuple(nulls),
    )


def null_company(matrix: Matrix, *, seed: int) -> Matrix:
    """Return as many rows with the same columns' values and rank correlations, and no clusters.

    A Gaussian copula (Nelsen, 2006): normal rows, each column given the company's own values in
    that order. Ties weaken rank correlations (half of two columns zero, and 0.7 becomes 0.6), so
    the normal's correlations are raised until those of what comes out are the company's.
    """
    normal = np.random.default_rng(seed).normal(size=matrix.shape)
    ranks = rankdata(matrix, axis=0)  # tied values at their mean rank
    wanted = _correlation(ranks)
    in_order = np.sort(ranks, axis=0)
    latent = 2 * np.sin(np.pi / 6 * wanted)  # exact where nothing is tied (Pearson, 1907)
    for _ in range(ROUNDS):
        found = _correlation(_with_values(normal, latent, in_order))
        latent = (latent + wanted - found).clip(-NEARLY_ONE, NEARLY_ONE)
        np.fill_diagonal(latent, 1.0)
    return _with_values(normal, latent, np.sort(matrix, axis=0))


def _with_values(normal: Matrix, correlation: Matrix, values: Matrix) -> Matrix:
    """Return rows that correlate so, with each column's values (sorted) in their order."""
    widths, directions = np.linalg.eigh(correlation)
    root = directions * np.sqrt(np.maximum(widths, 0))  # redundant features leave widths at zero
    length = np.sqrt((root**2).sum(axis=1))
    places = (normal @ (root / length[:, None]).T).argsort(axis=0)
    drawn = np.empty_like(values)
    np.put_along_axis(drawn, places, values, axis=0)
    return drawn


def _correlation(ranks: Matrix) -> Matrix:
    """Return Spearman's correlations."""
    return np.atleast_2d(np.corrcoef(ranks.T))


def _score(matrix: Matrix, config: SegmentationConfig) -> float:
    """Return how firm the clusters are that the search finds."""
    found = find_clusters(matrix, config).chosen
    return NOTHING if found is None else found.firmness


def _reason(score: float, nulls: list[float], config: SegmentationConfig, *, found: bool) -> str:
    """Say the verdict in a sentence."""
    best = max(nulls)
    seeming = sum(null > NOTHING for null in nulls)
    invented = (
        f"{seeming} of {len(nulls)} made-up companies without groups seemed to have some, "
        f"and scored {best:.2f} at best"
    )
    scored = f"these customers score {score:.2f} of 2 (stability + silhouette)"
    if found:
        return f"structure found: {scored}; {invented}"
    return (
        f"no structure beyond chance: {scored}; {invented}; {config.null_margin} more is asked for"
    )

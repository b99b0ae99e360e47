"""The choice among fits: which rule takes the planted number of kinds."""

from collections import Counter
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from models_ml.segmentation.cluster import Clustering, find_clusters
from models_ml.segmentation.scaling import fit_scaler
from tests.benchmarks import segments_data as data
from tests.benchmarks.figures import Figure
from tests.benchmarks.segments_figure import Sizes, at_least

APART = (7.0, 5.5, 4.75)  # of centres from the middle, in widths: easy, hard, overlapping
SHARES, SAMPLES = (0.005, 0.01, 0.02, 0.03, 0.04, 0.06), (5, 10, 20)  # so that there is a choice


def choice(sizes: Sizes) -> list[Figure]:
    """Count the companies in which each rule chooses a fit with as many clusters as kinds."""
    config = replace(sizes.config, cluster_shares=SHARES, min_samples=SAMPLES)
    right: Counter[str] = Counter()
    asked = 0
    for seed in range(sizes.companies):
        for apart in APART:
            kinds = 4 + seed % (sizes.kinds - 3)
            company = data.plant(seed=100 + seed, kinds=kinds, apart=apart)
            customers, _ = data.draw(company, sizes.choice, seed=100 + seed)
            matrix = fit_scaler(customers, config).scale(customers)
            with threadpool_limits(limits=1):
                search = find_clusters(matrix, config)
            stable = [
                fit
                for fit in search.tries
                if fit.metrics.get("stability", -1.0) >= config.min_stability
            ]
            asked += 1
            for rule, chosen in _chosen(search.chosen, stable).items():
                right[rule] += chosen is not None and chosen.metrics["segments"] == kinds
    others = ", ".join(f"{rule}: {right[rule]}" for rule in right if rule != "ours")
    return [
        at_least(
            f"{asked} planted companies, a grid of {2 * len(SHARES) * len(SAMPLES)}: "
            "the chosen fit has the number of kinds",
            right["ours"],
            asked,
            unit="companies",
            detail=others,
        )
    ]


def _chosen(ours: Clustering | None, stable: list[Clustering]) -> dict[str, Clustering | None]:
    """Return which of the stable fits each rule takes; ``near`` is how far DBCV may look down."""
    if not stable:
        return {"ours": ours}
    firmness = np.array([fit.firmness for fit in stable])
    firmest = stable[int(firmness.argmax())]
    most = max(fit.metrics["stability"] for fit in stable)
    steady = [fit for fit in stable if fit.metrics["stability"] >= most - 0.05]
    return {
        "ours": ours,
        "stability + silhouette alone": firmest,
        "DBCV alone": max(stable, key=_dbcv),
        "DBCV among those within 0.05 of the best stability": max(steady, key=_dbcv),
    }


def _dbcv(fit: Clustering) -> float:
    return fit.metrics["dbcv"]

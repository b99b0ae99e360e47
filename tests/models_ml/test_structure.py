"""Structure: planted kinds are proven, continua are not, whatever HDBSCAN makes of them."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from models_ml.segmentation.baselines import compare
from models_ml.segmentation.cluster import find_clusters
from models_ml.segmentation.columns import report_columns
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.features import Matrix
from models_ml.segmentation.fit import fit
from models_ml.segmentation.model import pack, unpack
from models_ml.segmentation.structure import null_company, prove
from tests.benchmarks.segments_data import CONFIG, draw, draw_null, plant

SMALL = replace(CONFIG, null_companies=3)
CUSTOMERS = 1_500


def zeros_and_more() -> Matrix:
    """Return two features that are zero for half of the customers each, and otherwise nothing."""
    random = np.random.default_rng(1)
    drawn = random.normal(size=(1_000, 2))
    drawn[:, 1] += drawn[:, 0]
    return np.where(drawn > 0, drawn, 0.0).round(9)


@pytest.mark.parametrize("seed", [1, 2])
def test_planted_kinds_are_found_and_proven(seed: int) -> None:
    customers, _ = draw(plant(seed=seed, kinds=5, apart=8.0), CUSTOMERS, seed=seed)

    fitted = fit(customers, SMALL)

    assert fitted.refusal == ""
    assert fitted.model is not None
    assert fitted.model.metrics["segments"] == 5
    assert fitted.model.metrics["structure_found"] == 1


@pytest.mark.parametrize("seed", [0, 1])
def test_a_company_of_no_kinds_is_told_so(seed: int) -> None:
    fitted = fit(draw_null(CUSTOMERS, seed=seed), SMALL)

    assert fitted.model is None
    assert fitted.structure is not None
    assert fitted.structure.metrics["structure_found"] == 0
    assert fitted.refusal


def test_breaks_at_zero_alone_are_clusters_but_no_proof() -> None:
    matrix = zeros_and_more()
    config = replace(SegmentationConfig(), min_segments=2, max_segment_share=0.9)

    search = find_clusters(matrix, config)
    verdict = prove(matrix, search, config)

    assert search.chosen is not None, search.refusal
    assert not verdict.is_found
    assert "no structure beyond chance" in verdict.reason
    assert verdict.metrics["structure_null_with_clusters"] >= 1


def test_a_null_company_has_the_same_values_and_correlations() -> None:
    matrix = zeros_and_more()

    null = null_company(matrix, seed=1)

    assert np.sort(null, axis=0).tolist() == np.sort(matrix, axis=0).tolist()
    assert spearmanr(null).statistic == pytest.approx(spearmanr(matrix).statistic, abs=0.03)
    assert null_company(matrix, seed=1).tolist() == null.tolist()
    assert null.tolist() != matrix.tolist()


def test_baselines_are_judged_by_the_same_numbers() -> None:
    customers, _ = draw(plant(seed=1, kinds=4, apart=8.0), 600, seed=1)
    fitted = fit(customers, replace(SMALL, null_companies=1))
    assert fitted.matrix is not None

    found = compare(fitted.matrix, replace(SMALL, max_segments=6))

    judged = {b.method: b for b in found if "stability" in b.metrics}
    assert set(judged) == {"k-means", "agglomerative"}
    best = max((b for b in found if b.method == "k-means"), key=lambda b: b.metrics["silhouette"])
    assert {b.segments for b in judged.values()} == {best.segments}
    asked = {"silhouette", "davies_bouldin", "dbcv", "coverage", "stability"}
    assert all(asked <= set(b.metrics) for b in judged.values())
    elbow = sorted((b.segments, b.metrics["inertia_share"]) for b in found if b.method == "k-means")
    assert [segments for segments, _ in elbow] == list(range(2, 7))
    assert elbow == sorted(elbow, key=lambda point: -point[1])


def test_the_column_report_knows_repetition_and_weight() -> None:
    customers, _ = draw(plant(seed=1, kinds=5, apart=8.0), 600, seed=1)
    twice = customers.with_columns(items_per_order=customers["average_order_amount"] * 2)
    fitted = fit(twice, replace(SMALL, null_companies=1))
    assert fitted.model is not None, fitted.refusal

    report = report_columns(twice, fitted.model.scaler, fitted.model.cores, SMALL)

    assert report["feature"].to_list() == [feature.column for feature in SMALL.features]
    said_twice = {"items_per_order", "average_order_amount"}
    assert said_twice == set(report.filter("is_redundant")["feature"])
    assert report["separation"].is_between(0, 1).all()
    assert report.filter(pl.col("moved_share") > 0).height > 0


def test_a_model_on_principal_axes_survives_its_files() -> None:
    customers, _ = draw(plant(seed=1, kinds=4, apart=8.0), 600, seed=1)
    fitted = fit(customers, replace(SMALL, null_companies=1, pca_variance=0.9))
    assert fitted.model is not None, fitted.refusal

    again = unpack(pack(fitted.model, trained_as_of=date(2025, 3, 1)))

    assert again.scaler.axes is not None
    assert again.scaler.axes.shape[1] < len(CONFIG.features)
    before, after = fitted.model.assign(customers), again.assign(customers)
    assert after.segment.tolist() == before.segment.tolist()
    assert after.strength.tolist() == before.strength.tolist()

"""Clusters: planted ones are found, whatever the order of rows; what is not one is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import hdbscan
import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score, silhouette_score

from models_ml.segmentation.cluster import find_clusters, is_well_shaped, stability
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.fit import fit
from models_ml.segmentation.model import pack
from models_ml.segmentation.nearest import label_everyone
from models_ml.segmentation.quality import silhouettes
from models_ml.segmentation.scaling import fit_scaler
from models_ml.segmentation.tree import condense, cut, grow, validity
from tests.benchmarks.segments_data import CONFIG as PLANTED_CONFIG
from tests.benchmarks.segments_data import draw, plant

Company = Callable[..., pl.DataFrame]
DAY = date(2025, 3, 1)
CONFIG = SegmentationConfig()
PLANTED = np.repeat(np.arange(4), 120)


def test_planted_groups_are_found(company: Company) -> None:
    customers = company()

    fitted = fit(customers, CONFIG)

    assert fitted.model is not None, fitted.refusal
    found = fitted.model.assign(customers).segment
    assert adjusted_rand_score(PLANTED, found) > 0.98
    assert fitted.model.metrics["coverage"] > 0.8


def test_the_order_of_rows_changes_nothing(company: Company) -> None:
    customers = company()
    shuffled = customers.sample(fraction=1.0, shuffle=True, seed=5)

    one, other = fit(customers, CONFIG).model, fit(shuffled, CONFIG).model

    assert one is not None
    assert other is not None
    assert pack(one, trained_as_of=DAY).manifest == pack(other, trained_as_of=DAY).manifest
    as_before = shuffled.with_columns(segment=other.assign(shuffled).segment).sort("customer_id")
    assert as_before["segment"].to_list() == one.assign(customers).segment.tolist()


def test_a_single_lump_is_refused_with_a_reason() -> None:
    noise = np.random.default_rng(3).normal(size=(480, 3))

    search = find_clusters(noise, CONFIG)

    assert search.chosen is None
    assert "no usable density structure" in search.refusal


def test_a_segment_of_nearly_everyone_is_refused() -> None:
    random = np.random.default_rng(4)
    centres = np.repeat([[0.0, 0, 0], [9, 0, 0], [0, 9, 0]], [800, 40, 40], axis=0)
    search = find_clusters(centres + random.normal(scale=0.3, size=centres.shape), CONFIG)

    assert search.chosen is None
    assert any(found.metrics["segments"] == 3 for found in search.tries)
    assert not any(is_well_shaped(found, CONFIG) for found in search.tries)


def test_clusters_that_halves_do_not_find_again_are_refused(company: Company) -> None:
    customers = company()
    matrix = fit_scaler(customers, CONFIG).scale(customers)
    never = replace(CONFIG, min_stability=1.1)

    search = find_clusters(matrix, never)

    assert search.chosen is None
    assert "do not reproduce" in search.refusal


def test_a_half_that_finds_nothing_agrees_with_nothing(company: Company) -> None:
    customers = company()
    matrix = fit_scaler(customers, CONFIG).scale(customers)
    chosen = find_clusters(matrix, CONFIG).chosen
    assert chosen is not None
    too_coarse = replace(chosen, setting=replace(chosen.setting, cluster_share=0.6))

    assert stability(matrix, [chosen, too_coarse], CONFIG)[0] > 0.9
    assert stability(matrix, [chosen, too_coarse], CONFIG)[1] == 0


def test_one_tree_cut_twice_gives_what_two_fits_give(company: Company) -> None:
    customers = company()
    matrix = fit_scaler(customers, CONFIG).scale(customers)
    fitted = hdbscan.HDBSCAN(
        min_cluster_size=19, min_samples=5, approx_min_span_tree=False, gen_min_span_tree=True
    ).fit(matrix)

    tree = grow(matrix, min_samples=5)
    found = cut(condense(tree, cluster_share=0.04), method="eom")

    assert found.tolist() == fitted.labels_.tolist()
    assert validity(tree, found) == pytest.approx(fitted.relative_validity_, abs=1e-6)


def test_the_silhouette_is_that_of_the_textbook() -> None:
    points = np.random.default_rng(5).normal(size=(700, 3)).round(1)  # many lie on each other
    thirds, alone = np.arange(700) % 3, np.where(np.arange(700) == 8, 2, np.arange(700) // 350)

    found = silhouettes(points, [thirds, alone])

    assert found == pytest.approx([silhouette_score(points, labels) for labels in (thirds, alone)])


def test_whoever_has_no_label_gets_that_of_the_nearest_who_has() -> None:
    points = np.array([[0.0], [1], [2], [9], [10]])

    found = label_everyone(points, np.array([0, -1, -1, -1, 1]))

    assert found.tolist() == [0, 0, 0, 1, 1]


def test_a_small_kind_is_not_left_out_for_a_luckier_dbcv() -> None:
    """Six of seven kinds have the better DBCV here; next month's fit would tell of a birth."""
    planted = plant(seed=1, kinds=8, apart=7.0)
    present = np.where(np.arange(8) < 7, planted.shares, 0.0)
    customers, _ = draw(replace(planted, shares=present / present.sum()), 2_500, seed=3)
    config = replace(
        PLANTED_CONFIG, cluster_shares=(0.01, 0.04), min_samples=(5,), stability_splits=1
    )

    matrix = fit_scaler(customers, config).scale(customers)

    search = find_clusters(matrix, config)
    by_dbcv_alone = find_clusters(matrix, replace(config, firmness_tolerance=2.0))

    luckiest = max(search.tries, key=lambda tried: tried.metrics["dbcv"])
    assert luckiest.metrics["segments"] == 6
    assert is_well_shaped(luckiest, config)
    assert search.chosen is not None, search.refusal
    assert search.chosen.metrics["segments"] == 7
    assert by_dbcv_alone.chosen is not None
    assert by_dbcv_alone.chosen.metrics["segments"] == 6


def test_too_few_customers_are_refused(company: Company) -> None:
    fitted = fit(company(size=20), CONFIG)

    assert fitted.model is None
    assert "80 customers are too few" in fitted.refusal


def test_a_column_nobody_has_a_value_for_is_left_out(company: Company) -> None:
    no_marketing = company().with_columns(coupons_redeemed_90d=pl.lit(None, dtype=pl.Int64))

    fitted = fit(no_marketing, CONFIG)

    assert fitted.model is not None, fitted.refusal
    used = [feature.column for feature in fitted.model.scaler.features]
    assert used == ["spend_30d_amount", "coupon_share"]

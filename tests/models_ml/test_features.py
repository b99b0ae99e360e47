"""Features: tails are drawn in, gaps filled, choices recorded; the sample is fair and stable."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy import stats

from models_ml.segmentation.config import Feature, SegmentationConfig
from models_ml.segmentation.features import choose_shapes, stratified, transform
from models_ml.segmentation.scaling import fit_scaler

RANDOM = np.random.default_rng(1)
ROWS = 400
CUSTOMERS = pl.DataFrame(
    {
        "customer_id": [f"c{n}" for n in range(ROWS)],
        "as_of": [date(2025, 3, 1)] * ROWS,
        "even": RANDOM.normal(50, 5, ROWS),
        "tailed": np.exp(RANDOM.normal(3, 1, ROWS)),
        "orders": RANDOM.poisson(2, ROWS),
    }
).with_columns(twice=pl.col("tailed") * 2)
CONFIG = SegmentationConfig(
    features=(Feature(column="even", transform="identity"), Feature(column="tailed")),
    stratify_by="tailed",
)


def test_counts_are_spread_below_their_step_and_zero_stays() -> None:
    customers = pl.DataFrame({"customer_id": ["a", "b", "c"], "orders": [0, 3, 3]})
    feature = Feature(column="orders", transform="identity", is_count=True)

    never, one, other = transform(customers, (feature,))[:, 0].tolist()

    assert never == 0
    assert 2 < one <= 3
    assert 2 < other <= 3
    assert one != other


def test_the_shape_with_the_least_skew_is_taken_and_recorded() -> None:
    asked = (Feature(column="even", transform="auto"), Feature(column="tailed", transform="auto"))

    even, tailed = choose_shapes(CUSTOMERS, asked)

    assert "auto" not in {even.transform, tailed.transform}
    left = [stats.skew(column) for column in transform(CUSTOMERS, (even, tailed)).T]
    assert np.abs(left).max() < 0.2
    assert stats.skew(CUSTOMERS["tailed"].to_numpy()) > 2


def test_a_learned_power_is_that_of_yeo_and_johnson() -> None:
    (feature,) = choose_shapes(CUSTOMERS, (Feature(column="even", transform="yeo_johnson"),))

    assert transform(CUSTOMERS, (feature,))[:, 0] == pytest.approx(
        stats.yeojohnson(CUSTOMERS["even"].to_numpy(), feature.power)
    )


def test_who_has_no_value_stands_in_the_middle_and_is_counted() -> None:
    gaps = CUSTOMERS.with_columns(
        pl.when(pl.int_range(pl.len()) < 40).then(None).otherwise("even").alias("even")
    )

    scaler = fit_scaler(gaps, CONFIG)

    assert scaler.missing.tolist() == [0.1, 0.0]
    assert scaler.scale(gaps)[:40, 0].tolist() == [0.0] * 40


def test_outliers_are_drawn_in_and_known() -> None:
    wild = CUSTOMERS.with_columns(
        pl.when(pl.col("customer_id") == "c0").then(1e9).otherwise("even").alias("even")
    )
    scaler = fit_scaler(wild, CONFIG)

    assert np.abs(scaler.scale(wild)).max() <= CONFIG.clip
    assert scaler.is_outlier(wild)[0]
    assert scaler.is_outlier(wild).mean() < 0.02


def test_principal_axes_keep_the_share_that_was_asked_for() -> None:
    features = (*CONFIG.features, Feature(column="twice"))
    whole = fit_scaler(CUSTOMERS, replace(CONFIG, features=features))
    turned = fit_scaler(CUSTOMERS, replace(CONFIG, features=features, pca_variance=0.95))

    assert whole.scale(CUSTOMERS).shape[1] == 3
    assert turned.scale(CUSTOMERS).shape[1] == 2
    kept = turned.scale(CUSTOMERS).var(axis=0).sum() / whole.scale(CUSTOMERS).var(axis=0).sum()
    assert kept >= 0.95


def test_the_sample_has_every_tenth_and_a_newcomer_moves_few() -> None:
    sample = stratified(CUSTOMERS, 100, by="tailed")
    richest = CUSTOMERS["tailed"].quantile(0.9)
    newcomer = CUSTOMERS.head(1).with_columns(customer_id=pl.lit("new"))

    again = stratified(pl.concat([CUSTOMERS, newcomer]), 100, by="tailed")

    assert sample.height == 100
    assert sample.filter(pl.col("tailed") > richest).height == 10
    assert len(set(sample["customer_id"]) ^ set(again["customer_id"])) <= 12
    assert stratified(CUSTOMERS.reverse(), 100, by="tailed").equals(sample)
    assert stratified(CUSTOMERS, ROWS, by="tailed").height == ROWS

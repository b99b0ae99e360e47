"""Drift and effects: what has changed since the model learned, what sets a segment apart."""

import numpy as np
import polars as pl
import pytest

from models_ml.segmentation.condensed import compact
from models_ml.segmentation.drift import measure_drift, take_reference
from models_ml.segmentation.effects import measure_effects

RANDOM = np.random.default_rng(1)


def customers(scale: float = 1.0, size: int = 2_000, never: float = 0.4) -> pl.DataFrame:
    """Spend with a heavy tail, and many who spend nothing."""
    spend = np.where(RANDOM.random(size) < never, 0.0, scale * RANDOM.lognormal(3, 1, size))
    return pl.DataFrame({"spend": spend})


def test_another_draw_of_the_same_company_has_not_drifted() -> None:
    reference = take_reference(customers(), ["spend"])

    assert measure_drift(reference, customers())["spend"] < 0.02


@pytest.mark.parametrize("now", [customers(scale=3), customers(never=0.8)])
def test_more_spend_and_more_silence_are_drift(now: pl.DataFrame) -> None:
    reference = take_reference(customers(), ["spend"])

    assert measure_drift(reference, now)["spend"] > 0.2


def test_values_that_went_missing_are_drift() -> None:
    reference = take_reference(customers(), ["spend"])
    gone = customers().with_columns(spend=pl.lit(None, dtype=pl.Float64))

    assert measure_drift(reference, gone)["spend"] > 1
    assert measure_drift(reference, customers().rename({"spend": "other"})) == {}


def test_the_reference_holds_edges_and_shares_and_no_rows() -> None:
    known = take_reference(pl.DataFrame({"spend": [0, 0, 0, 0, None]}), ["spend"])

    assert known == {"spend": {"edges": [0.0], "shares": [0.0, 0.8, 0.2]}}


def test_an_effect_is_the_chance_of_more_less_the_chance_of_less() -> None:
    frame = pl.DataFrame({"orders": [5, 6, 7, 1, 2, 6], "unknown": [None] * 6}).with_columns(
        pl.col("unknown").cast(pl.Float64)
    )

    found = measure_effects(frame, np.array([0, 0, 0, 1, 1, 1]), [0, 1])

    # of nine pairs the first three customers have more in seven, less in one, the same in one
    assert found.rows() == [
        (0, "orders", round(6 / 9, 4), 6.0, 2.0),
        (1, "orders", round(-6 / 9, 4), 2.0, 6.0),
    ]


def test_the_condensed_tree_s_groups_know_their_parents_and_segments() -> None:
    kinds = [("parent", int), ("child", int), ("lambda_val", float), ("child_size", int)]
    tree = np.array(
        [
            (5, 4, 0.1, 1),  # a point that falls out of the root early
            (5, 6, 0.5, 2),
            (5, 7, 0.5, 2),
            (6, 0, 2.0, 1),
            (6, 1, 2.0, 1),
            (7, 2, 1.0, 1),
            (7, 3, np.inf, 1),
        ],
        dtype=kinds,
    )

    found = compact(tree, np.array([0, 0, 1, 1, -1]))

    columns = ("node", "parent", "birth", "death", "size", "segment")
    assert [tuple(node[c] for c in columns) for node in found] == [
        (5, -1, 0.0, 0.5, 5, -1),
        (6, 5, 0.5, 2.0, 2, 0),
        (7, 5, 0.5, 1.0, 2, 1),
    ]

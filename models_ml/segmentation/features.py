"""Features: the mart's columns as numbers with tame tails, and which customers stand for all. Pure.

What makes the numbers comparable (centre, spread, outliers, axes) is ``scaling``.
"""

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats

from models_ml.segmentation.config import SHAPES, Feature, Shape

Matrix = npt.NDArray[np.float64]

NORMAL_IQR = 1.349  # a normal distribution's interquartile range, in standard deviations
DIGITS = 9  # kept of numbers: far above what matters, far below what machines differ in
STRATA = 10


def transform(customers: pl.DataFrame, features: tuple[Feature, ...]) -> Matrix:
    """Return customers by features, tails drawn in and counts dithered; NaN where not known.

    Features must have a resolved shape (``choose_shapes``), never ``auto``.
    """
    columns = [_shaped(feature).alias(feature.column) for feature in features]
    return customers.select(columns).to_numpy().astype(np.float64, copy=False)


def choose_shapes(customers: pl.DataFrame, features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    """Return the features with ``auto`` and the power of ``yeo_johnson`` settled on these rows."""
    return tuple(_settled(customers, feature) for feature in features)


def by_hash(customers: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return at most ``most`` customers, the same whatever the order of rows, by ``customer_id``.

    Which ones depends on each customer's id alone, so that a new customer displaces one at most.
    """
    ranked = customers.sort(pl.col("customer_id").hash(seed=0), "customer_id").head(most)
    return ranked.sort("customer_id")


def stratified(customers: pl.DataFrame, most: int, *, by: str) -> pl.DataFrame:
    """Return at most ``most`` customers, every tenth of ``by`` with its share, by ``customer_id``.

    Within a tenth, ids decide as in ``by_hash``: all customers are taken where they are few, and
    one new customer moves at most a handful of others in or out.
    """
    if customers.height <= most:
        return customers.sort("customer_id")
    share = most / customers.height
    value = pl.col(by).cast(pl.Float64)
    rank = (value.rank("min") - 1) * STRATA // pl.len()
    stratum = rank.cast(pl.Int64).fill_null(STRATA).alias("_stratum")
    ranked = customers.with_columns(stratum).sort(pl.col("customer_id").hash(seed=0), "customer_id")
    place, size = (e.over("_stratum") for e in (pl.int_range(pl.len()), pl.len()))
    kept = ranked.filter(place < (size * share).floor())
    return kept.drop("_stratum").sort("customer_id")


def _settled(customers: pl.DataFrame, feature: Feature) -> Feature:
    """Return one feature with its shape, and its power where the shape has one."""
    if feature.transform not in {"auto", "yeo_johnson"}:
        return feature
    plain = transform(customers, (feature.shaped("identity"),))[:, 0]
    known = plain[~np.isnan(plain)]
    power = 1.0
    if np.unique(known).size > 1:
        power = round(float(stats.yeojohnson_normmax(known)), DIGITS)
    bent = feature.shaped("yeo_johnson", power)
    if feature.transform == "yeo_johnson":
        return bent
    choices = [*(feature.shaped(shape) for shape in SHAPES), bent]
    return min(choices, key=lambda choice: _skew(customers, choice))


def _skew(customers: pl.DataFrame, feature: Feature) -> float:
    """Return how lopsided a feature is, 0 where it is even; the first of equals is kept."""
    values = transform(customers, (feature,))[:, 0]
    values = values[~np.isnan(values)]
    return round(abs(float(stats.skew(values))), 2) if np.unique(values).size > 1 else 0.0


def _shaped(feature: Feature) -> pl.Expr:
    """Return one feature's expression; null becomes NaN."""
    value = pl.col(feature.column).cast(pl.Float64)
    if feature.transform != "yeo_johnson":
        value = value.clip(lower_bound=0)
    if feature.is_count:
        # evenness is all that is asked of the hash: no secret hangs on it
        uniform = pl.concat_str("customer_id", pl.lit(feature.column), separator="|").hash(seed=0)
        value = pl.when(value > 0).then(value - uniform / 2.0**64).otherwise(value)
    return _bent(value, feature.transform, feature.power).fill_null(float("nan"))


def _bent(value: pl.Expr, shape: Shape, power: float) -> pl.Expr:
    """Return ``value`` through the curve; Yeo and Johnson (2000) for a learned power."""
    if shape == "log1p":
        return value.log1p()
    if shape == "sqrt":
        return value.sqrt()
    if shape == "yeo_johnson":
        return pl.when(value >= 0).then(_above(value, power)).otherwise(-_above(-value, 2 - power))
    if shape == "auto":
        raise ValueError("A feature's shape is still 'auto': settle it by choose_shapes first")
    return value


def _above(value: pl.Expr, power: float) -> pl.Expr:
    """Return the curve's upper half; its lower half is the same curve turned round."""
    if abs(power) < 10.0**-DIGITS:
        return value.log1p()
    return ((value + 1).pow(power) - 1) / power

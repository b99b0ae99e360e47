"""Features: the mart's columns to a matrix in which distance means unlike. Pure."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models_ml.segmentation.config import Feature, SegmentationConfig

Matrix = npt.NDArray[np.float64]

DIGITS = 9  # kept of scaled values: far above what matters, far below what machines differ in
NORMAL_IQR = 1.349  # a normal distribution's interquartile range, in standard deviations


@dataclass(frozen=True, kw_only=True)
class Scaler:
    """Where each feature's middle is, and how wide it spreads; what fills a gap is the middle."""

    features: tuple[Feature, ...]
    centre: Matrix
    spread: Matrix
    clip: float

    def scale(self, customers: pl.DataFrame) -> Matrix:
        """Return one row a customer, in robust standard deviations, in the frame's order."""
        values = transform(customers, self.features)
        filled = np.where(np.isnan(values), self.centre, values)
        scaled: Matrix = ((filled - self.centre) / self.spread).clip(-self.clip, self.clip)
        return np.round(scaled, DIGITS)


def fit_scaler(customers: pl.DataFrame, config: SegmentationConfig) -> Scaler:
    """Learn centre and spread; columns that nobody has a value for, or one value, are left out."""
    values = transform(customers, config.features)
    useful = np.array([np.unique(column[~np.isnan(column)]).size > 1 for column in values.T])
    values = values[:, useful]
    low, centre, high = np.nanpercentile(values, [25, 50, 75], axis=0).reshape(3, -1)
    spread = (high - low) / NORMAL_IQR
    spread = np.where(spread > 0, spread, np.nanstd(values, axis=0)).astype(np.float64)
    return Scaler(
        features=tuple(f for f, kept in zip(config.features, useful, strict=True) if kept),
        centre=np.round(centre, DIGITS),
        spread=np.round(spread, DIGITS),
        clip=config.clip,
    )


def transform(customers: pl.DataFrame, features: tuple[Feature, ...]) -> Matrix:
    """Return the features with their heavy tails drawn in and their counts dithered."""
    columns = [_transformed(feature).alias(feature.column) for feature in features]
    return customers.select(columns).to_numpy().astype(np.float64)


def by_hash(customers: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return at most ``most`` customers, the same whatever the order of rows, by ``customer_id``.

    Which ones depends on each customer's id alone, so that a new customer displaces one at most.
    """
    ranked = customers.sort(pl.col("customer_id").hash(seed=0), "customer_id").head(most)
    return ranked.sort("customer_id")


def _transformed(feature: Feature) -> pl.Expr:
    """Return one feature's expression; null becomes NaN."""
    value = pl.col(feature.column).cast(pl.Float64).clip(lower_bound=0)
    if feature.is_count:
        # crc-like evenness is all that is asked of the hash: no secret hangs on it
        uniform = pl.concat_str("customer_id", pl.lit(feature.column), separator="|").hash(seed=0)
        value = pl.when(value > 0).then(value - uniform / 2.0**64).otherwise(value)
    if feature.transform == "log1p":
        value = value.log1p()
    elif feature.transform == "sqrt":
        value = value.sqrt()
    return value.fill_null(float("nan"))

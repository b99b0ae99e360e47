"""Scaling: features to a matrix in which distance means unlike, and the record of how. Pure."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models_ml.segmentation.config import Feature, SegmentationConfig
from models_ml.segmentation.features import (
    DIGITS,
    NORMAL_IQR,
    Matrix,
    choose_shapes,
    transform,
)


@dataclass(frozen=True, kw_only=True)
class Scaler:
    """Where each feature's middle is, and how wide it spreads.

    ``missing`` is the share of customers without a value, who stand at the middle: not known is
    nothing out of the ordinary. ``axes`` (features by axes) turns the matrix onto its principal
    axes; without it distance is taken along the features themselves.
    """

    features: tuple[Feature, ...]
    centre: Matrix
    spread: Matrix
    clip: float
    missing: Matrix
    axes: Matrix | None = None

    def scale(self, customers: pl.DataFrame) -> Matrix:
        """Return one row a customer, in robust standard deviations, in the frame's order."""
        flat = self.flat(customers).clip(-self.clip, self.clip)
        turned: Matrix = np.round(flat if self.axes is None else flat @ self.axes, DIGITS)
        return turned

    def flat(self, customers: pl.DataFrame) -> Matrix:
        """Return one row a customer by feature, before outliers are drawn in and axes turned."""
        values = transform(customers, self.features)
        gaps = np.isnan(values)
        if gaps.any():
            values = np.where(gaps, self.centre, values)
        return (values - self.centre) / self.spread

    def is_outlier(self, customers: pl.DataFrame) -> npt.NDArray[np.bool_]:
        """Say of each customer whether any feature lies beyond ``clip``."""
        widest: Matrix = np.abs(self.flat(customers)).max(axis=1)
        return widest > self.clip


def fit_scaler(customers: pl.DataFrame, config: SegmentationConfig) -> Scaler:
    """Learn shapes, centre, spread and axes; a column without two values is left out."""
    features = choose_shapes(customers, config.features)
    values = transform(customers, features)
    useful = np.array([np.unique(column[~np.isnan(column)]).size > 1 for column in values.T])
    values = values[:, useful]
    low, centre, high = np.nanpercentile(values, [25, 50, 75], axis=0).reshape(3, -1)
    spread = (high - low) / NORMAL_IQR
    spread = np.where(spread > 0, spread, np.nanstd(values, axis=0)).astype(np.float64)
    scaler = Scaler(
        features=tuple(f for f, kept in zip(features, useful, strict=True) if kept),
        centre=np.round(centre, DIGITS),
        spread=np.round(spread, DIGITS),
        clip=config.clip,
        missing=np.round(np.isnan(values).mean(axis=0), DIGITS),
    )
    if config.pca_variance is None or not scaler.features:
        return scaler
    return dataclasses.replace(scaler, axes=_axes(scaler.scale(customers), config.pca_variance))


def _axes(matrix: Matrix, variance: float) -> Matrix:
    """Return the fewest principal axes that hold ``variance`` of the whole, widest first."""
    widths, directions = np.linalg.eigh(np.atleast_2d(np.cov(matrix.T)))
    held = np.cumsum(widths[::-1]) / widths.sum()
    count = int(np.searchsorted(held, variance)) + 1
    axes = directions[:, ::-1][:, :count]
    largest = axes[np.abs(axes).argmax(axis=0), range(axes.shape[1])]
    turned: Matrix = np.round(axes * np.where(largest < 0, -1, 1), DIGITS)
    return turned

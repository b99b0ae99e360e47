"""Columns: what each feature adds to the segments, and which say the same thing twice. Pure."""

import numpy as np
import polars as pl

from models_ml.segmentation.assign import Assignment, Cores, assign
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.features import Matrix
from models_ml.segmentation.scaling import Scaler

UNEXPLAINED_LEAST = 1e-9  # of a feature that the others repeat to the last digit


def report_columns(
    customers: pl.DataFrame, scaler: Scaler, cores: Cores, config: SegmentationConfig
) -> pl.DataFrame:
    """Return one row a configured feature, for the data scientist who edits the list.

    Columns:
        feature, shape, power: as settled; shape is null where the column was left out.
        missing_share: without a value, and so placed at the middle.
        outlier_share: beyond ``clip``.
        explained_by_others: R² of the feature on all others (0: news, 1: a repetition).
        closest, closest_correlation: the feature it goes along with most (Spearman).
        is_redundant: whether that correlation reaches ``max_redundancy``.
        separation: share of its variance that lies between segments (eta squared).
        moved_share: share of customers who would be elsewhere if all stood at its middle.
    """
    flat = scaler.flat(customers)
    drawn_in = flat.clip(-scaler.clip, scaler.clip)
    found = assign(cores, _turned(scaler, drawn_in), noise_policy="nearest")
    names = [feature.column for feature in scaler.features]
    closest, strength = _closest(flat)
    rows = pl.DataFrame(
        {
            "feature": names,
            "shape": [feature.transform for feature in scaler.features],
            "power": [feature.power for feature in scaler.features],
            "missing_share": scaler.missing,
            "outlier_share": (np.abs(flat) > scaler.clip).mean(axis=0),
            "explained_by_others": _explained(drawn_in),
            "closest": [names[other] if other >= 0 else "" for other in closest],
            "closest_correlation": strength,
            "is_redundant": np.abs(strength) >= config.max_redundancy,
            "separation": _separation(drawn_in, found),
            "moved_share": _moved(drawn_in, scaler, cores, found),
        }
    ).with_columns(pl.col(pl.Float64).round(6))
    asked = pl.DataFrame({"feature": [feature.column for feature in config.features]})
    return asked.join(rows, on="feature", how="left", maintain_order="left")


def _turned(scaler: Scaler, flat: Matrix) -> Matrix:
    """Return the matrix that distances are taken in."""
    return flat if scaler.axes is None else flat @ scaler.axes


def _closest(flat: Matrix) -> tuple[list[int], Matrix]:
    """Return each feature's nearest relative, -1 where it is alone, and their rank correlation."""
    count = flat.shape[1]
    if count == 1:
        return [-1], np.zeros(1)
    ranks = pl.DataFrame(flat).select(pl.all().rank("average")).to_numpy()
    correlation = np.corrcoef(ranks.T)
    np.fill_diagonal(correlation, 0.0)
    closest = np.abs(correlation).argmax(axis=1)
    return closest.tolist(), correlation[np.arange(count), closest]


def _explained(flat: Matrix) -> Matrix:
    """Return R² of each feature on the others: 1 - 1 / the inverse correlation's diagonal."""
    correlation = np.atleast_2d(np.corrcoef(flat.T))
    inverse = np.linalg.inv(correlation + UNEXPLAINED_LEAST * np.eye(len(correlation)))
    explained: Matrix = (1 - 1 / np.diag(inverse)).clip(0, 1)
    return explained


def _separation(flat: Matrix, found: Assignment) -> Matrix:
    """Return the share of each feature's variance that lies between segments."""
    sizes = np.maximum(np.bincount(found.segment), 1)
    sums = np.column_stack([np.bincount(found.segment, weights=column) for column in flat.T])
    apart = (sums / sizes[:, None] - flat.mean(axis=0)) ** 2 * sizes[:, None]
    total = ((flat - flat.mean(axis=0)) ** 2).sum(axis=0)
    shares: Matrix = apart.sum(axis=0) / np.where(total > 0, total, 1)
    return shares


def _moved(flat: Matrix, scaler: Scaler, cores: Cores, found: Assignment) -> Matrix:
    """Return how many customers each feature alone keeps where they are."""
    shares = np.empty(flat.shape[1])
    for column in range(flat.shape[1]):
        without = flat.copy()
        without[:, column] = 0.0
        again = assign(cores, _turned(scaler, without), noise_policy="nearest")
        shares[column] = (again.segment != found.segment).mean()
    return shares

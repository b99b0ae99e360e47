"""Features: snapshots to matrices, and the split by time. Missing stays missing (NaN)."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from models_ml.churn.config import ChurnConfig

Matrix = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int8]


class NotEnoughHistoryError(RuntimeError):
    """There are too few snapshots or churners to learn from and to be judged on."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """Snapshots to learn from, and the newest one to be judged on."""

    training: pl.DataFrame
    holdout: pl.DataFrame
    holdout_date: date


def split_by_time(snapshots: pl.DataFrame, config: ChurnConfig) -> Split:
    """Hold out the newest snapshot; learn only from labels that were known by its day.

    Raises:
        NotEnoughHistoryError: either side has too few customers who left, or who stayed.
    """
    if snapshots.is_empty():
        raise NotEnoughHistoryError(
            "There is no complete snapshot yet: churn needs 60 days of orders, two monthly "
            f"snapshots, and {config.label_days} days after the second."
        )
    newest: date = snapshots["snapshot_date"].sort()[-1]
    known_by = newest - timedelta(days=config.label_days)
    split = Split(
        training=snapshots.filter(pl.col("snapshot_date") <= known_by),
        holdout=snapshots.filter(pl.col("snapshot_date") == newest),
        holdout_date=newest,
    )
    for name, side in (("training", split.training), ("holdout", split.holdout)):
        churned = int(side["has_churned"].sum())
        if min(churned, side.height - churned) < config.min_churners:
            raise NotEnoughHistoryError(
                f"The {name} side has {churned} churned of {side.height} customers; at least "
                f"{config.min_churners} of each kind are needed. Wait for more history."
            )
    return split


def matrix(rows: pl.DataFrame, config: ChurnConfig) -> Matrix:
    """Return the features of ``rows`` in the config's order; null becomes NaN."""
    columns = [pl.col(name).cast(pl.Float32) for name in config.features]
    return rows.select(columns).to_numpy().astype(np.float32, order="C")


def labels(rows: pl.DataFrame) -> Labels:
    """Return 1 where the customer churned."""
    return rows["has_churned"].cast(pl.Int8).to_numpy()

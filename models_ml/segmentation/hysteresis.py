"""Hysteresis: a customer on the border of two segments does not change sides every day. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models_ml.segmentation.assign import UNSEGMENTED, Assignment
from models_ml.segmentation.features import Matrix
from models_ml.segmentation.naming import UNSEGMENTED_ID
from models_ml.segmentation.policy import IdentityPolicy
from models_ml.segmentation.tree import Labels

STATE = {
    "customer_id": pl.String,
    "segment_id": pl.String,
    "since_date": pl.Date,
    "pending_segment_id": pl.String,
    "pending_since_date": pl.Date,
}
PENDING = ("pending_segment_id", "pending_since_date")


@dataclass(frozen=True, kw_only=True)
class Settled:
    """One entry a customer: where they stay or go, how firmly, and where they may go next.

    ``pending`` has ``pending_segment_id`` and ``pending_since_date``: the segment that is nearer
    than the one they are kept in, and since when; null for everyone else.
    """

    segment: Labels
    strength: Matrix
    pending: pl.DataFrame


def settle(  # noqa: PLR0913 - by keyword
    found: Assignment,
    customer_ids: pl.Series,
    yesterday: pl.DataFrame,
    *,
    segment_ids: Sequence[str],
    policy: IdentityPolicy,
    as_of: date,
) -> Settled:
    """Keep customers where they were, unless another segment is clearly nearer or long enough.

    Nearer by at least ``switch_margin``, (far - near) / (far + near) of the two distances, moves a
    customer the same day; by less, on the ``switch_days``-th day on which the same segment is the
    nearer one. Who was in no segment that this model has, or is new, goes to the nearest at once.

    Args:
        found: the model's answer for each of ``customer_ids``.
        customer_ids: one a row of ``found``.
        yesterday: the newest day before, with the columns of ``STATE``.
        segment_ids: of the model's segments, by position.
        policy: the margin and the days.
        as_of: the day that is scored.
    """
    state = pl.DataFrame({"customer_id": customer_ids}).join(
        yesterday.select(*STATE), on="customer_id", how="left", maintain_order="left"
    )
    position = dict(zip(segment_ids, range(len(segment_ids)), strict=True))
    was = state["segment_id"].replace_strict(position, default=-1, return_dtype=pl.Int64).to_numpy()
    is_border = (was >= 0) & (found.segment != was) & (_margin(found, was) < policy.switch_margin)
    ids = np.array([*segment_ids, UNSEGMENTED_ID])  # the last is for UNSEGMENTED, -1
    nearer = pl.Series("pending_segment_id", ids[found.segment])
    since = (
        pl.when(pl.col("pending_segment_id") == nearer)
        .then(pl.col("pending_since_date"))
        .otherwise(pl.lit(as_of))
    )
    days = state.select((pl.lit(as_of) - since).dt.total_days() + 1).to_series().to_numpy()
    is_kept = is_border & (days < policy.switch_days)
    pending = state.select(
        pl.when(pl.Series(is_kept)).then(nearer).alias("pending_segment_id"),
        pl.when(pl.Series(is_kept)).then(since).alias("pending_since_date"),
    )
    return Settled(
        segment=np.where(is_kept, was, found.segment),
        strength=np.where(is_kept, 0.0, found.strength),
        pending=pending,
    )


def _margin(found: Assignment, was: Labels) -> Matrix:
    """Return how much nearer the found segment is than the old; "no segment" is never nearer."""
    rows = np.arange(len(was))
    far, near = found.distance[rows, was], found.distance[rows, found.segment]
    nearer = (far - near) / np.maximum(far + near, 1e-12)
    return np.where(found.segment == UNSEGMENTED, 0.0, nearer)

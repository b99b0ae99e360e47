"""Day: who belongs where today, as the rows of ``ml.*``. Pure."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models_ml.segmentation.assign import UNSEGMENTED
from models_ml.segmentation.features import Matrix, by_hash
from models_ml.segmentation.model import Segment
from models_ml.segmentation.naming import UNSEGMENTED_ID, UNSEGMENTED_NAME
from models_ml.segmentation.profile import reasons
from models_ml.segmentation.tree import Labels


@dataclass(frozen=True, kw_only=True)
class Day:
    """Who belongs where today, whichever way that was found."""

    customers: pl.DataFrame
    segments: tuple[Segment, ...]
    segment: Labels  # one a customer: position in ``segments``, or UNSEGMENTED
    strength: Matrix
    is_weak: pl.Series
    pending: pl.DataFrame  # one row a customer: where they may go next, hysteresis.Settled
    points: Matrix  # one row a customer: where the picture shows it
    metrics: dict[str, float]
    model_version: str
    map_customers: int


def memberships(day: Day, yesterday: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Return one row a customer, with the day since which the segment is the same.

    ``yesterday`` is the newest day before, with the columns of ``hysteresis.STATE``.
    """
    ids = [*(s.segment_id for s in day.segments), UNSEGMENTED_ID]  # the last is for UNSEGMENTED
    names = [*(s.name for s in day.segments), UNSEGMENTED_NAME.name]
    rows = day.customers.select(
        pl.lit(as_of).alias("as_of"),
        "customer_id",
        pl.Series("segment_id", np.array(ids)[day.segment]),
        pl.Series("segment_name", np.array(names)[day.segment]),
        pl.Series("strength", day.strength).cast(pl.Decimal(6, 4)),
        day.is_weak.alias("is_weak"),
        pl.lit(day.model_version).alias("model_version"),
        reasons(day.customers),
        *day.pending,
    )
    known = rows.join(
        yesterday.select("customer_id", "segment_id", "since_date"),
        on=["customer_id", "segment_id"],
        how="left",
    )
    since = pl.coalesce("since_date", pl.lit(as_of))
    return known.with_columns(since.alias("since_date")).sort("customer_id")


def segment_profiles(day: Day, *, as_of: date) -> pl.DataFrame:
    """Return one row a segment: its size and its median customer."""
    known = list(enumerate(day.segments))
    if (day.segment == UNSEGMENTED).any():
        rest = Segment(
            segment_id=UNSEGMENTED_ID,
            name=UNSEGMENTED_NAME.name,
            description=UNSEGMENTED_NAME.description,
            suggested_action=UNSEGMENTED_NAME.suggested_action,
        )
        known.append((UNSEGMENTED, rest))
    about = pl.DataFrame(
        {
            "position": [position for position, _ in known],
            "segment_id": [segment.segment_id for _, segment in known],
            "segment_name": [segment.name for _, segment in known],
            "description": [segment.description for _, segment in known],
            "suggested_action": [segment.suggested_action for _, segment in known],
        },
        schema_overrides={"position": pl.Int64},
    )
    medians = [
        pl.col(name).cast(pl.Float64).median().round(2).cast(pl.Decimal(18, 2))
        for name in ("recency_days", "frequency_orders", "monetary_amount")
    ]
    sizes = (
        day.customers.with_columns(pl.Series("position", day.segment))
        .group_by("position")
        .agg(pl.len().cast(pl.Int64).alias("customers"), *medians)
    )
    share = pl.col("customers") / max(day.customers.height, 1)
    return (
        about.join(sizes, on="position", how="left")
        .with_columns(pl.col("customers").fill_null(0))
        .select(
            pl.lit(as_of).alias("as_of"),
            "segment_id",
            "segment_name",
            "description",
            "suggested_action",
            "customers",
            share.round(4).cast(pl.Decimal(6, 4)).alias("customer_share"),
            "recency_days",
            "frequency_orders",
            "monetary_amount",
            pl.lit(None, dtype=pl.Decimal(9, 6)).alias("churn_score"),
            pl.lit(day.model_version).alias("model_version"),
        )
        .sort("segment_id")
    )


def segment_map(day: Day, *, as_of: date) -> pl.DataFrame:
    """Return where the picture shows each customer, or a fixed sample where they are many."""
    rows = day.customers.select(
        pl.lit(as_of).alias("as_of"),
        "customer_id",
        *(
            pl.Series(axis, np.round(day.points[:, i], 4)).cast(pl.Decimal(9, 4))
            for i, axis in enumerate("xy")
        ),
    )
    return by_hash(rows, day.map_customers)

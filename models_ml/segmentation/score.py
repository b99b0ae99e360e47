"""Score: give every customer today's segment, with the champion or, without one, by RFM rule."""

import logging
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from include.settings import Settings
from include.warehouse import Connection, connect, has_table, literal, read_query, replace_day
from models_ml.results import write_importance, write_metrics, write_version
from models_ml.segmentation import rules
from models_ml.segmentation.assign import UNSEGMENTED
from models_ml.segmentation.cluster import Labels
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.features import Matrix, by_hash, fit_scaler
from models_ml.segmentation.model import Segment, SegmentModel, picture_axes, unpack
from models_ml.segmentation.naming import UNSEGMENTED_NAME
from models_ml.segmentation.profile import explained_shares, reasons
from models_ml.segmentation.train import MODEL
from models_ml.tracking import Tracker, Version, open_tracker

READS = ("marts.mart_customer_features", "marts.mart_customer_rfm")
SEGMENTS = "ml.customer_segments"
PROFILES = "ml.segment_profiles"
MAP = "ml.segment_map"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Day:
    """Who belongs where today, whichever way that was found."""

    customers: pl.DataFrame
    segments: tuple[Segment, ...]
    segment: Labels  # one a customer: position in ``segments``, or UNSEGMENTED
    strength: Matrix
    is_weak: pl.Series
    points: Matrix  # one a customer: where the picture shows it
    metrics: dict[str, float]
    model_version: str
    map_customers: int


def run(as_of: str) -> dict[str, Any]:
    """Score as the scheduler asks; return what to log."""
    settings = Settings.from_env()
    result = score(
        as_of=date.fromisoformat(as_of), warehouse=settings.marts, tracker=open_tracker(settings)
    )
    logger.info("Segmentation for %s: %s", as_of, result)
    return result


def score(*, as_of: date, warehouse: Path, tracker: Tracker) -> dict[str, Any]:
    """Write the day's rows of ``ml.*`` and return their outline."""
    version = tracker.champion(MODEL, as_of=as_of)
    model = unpack(tracker.load(version)) if version is not None else None
    with connect(warehouse) as connection:
        customers = _read_customers(connection)
        day = (
            _by_rule(customers, SegmentationConfig())
            if model is None or version is None
            else _by_model(customers, model, version)
        )
        profiles = segment_profiles(day, as_of=as_of)
        replace_day(connection, SEGMENTS, _memberships(connection, day, as_of), as_of=as_of)
        replace_day(connection, PROFILES, profiles, as_of=as_of)
        replace_day(connection, MAP, segment_map(day, as_of=as_of), as_of=as_of)
        name = {"model": MODEL, "version": day.model_version}
        write_metrics(connection, day.metrics, as_of=as_of, **name)
        importance = explained_shares(customers, day.segment)
        write_importance(connection, importance, as_of=as_of, **name)
        write_version(connection, version, model=MODEL, as_of=as_of)
    sizes = zip(profiles["segment_name"], profiles["customers"], strict=True)
    return {
        "segments_version": day.model_version,
        "customers_segmented": customers.height,
        "weak_share": round(float(day.is_weak.mean() or 0), 4),
        "segment_sizes": dict(sizes),
    }


def _read_customers(connection: Connection) -> pl.DataFrame:
    """Return features and RFM values of every customer who has ordered."""
    features, rfm = READS
    return read_query(
        connection,
        f"SELECT f.*, r.frequency_orders, r.monetary_amount, r.rfm_segment FROM {features} AS f "
        f"LEFT JOIN {rfm} AS r USING (customer_id) ORDER BY f.customer_id",
    )


def _by_model(customers: pl.DataFrame, model: SegmentModel, version: Version) -> Day:
    """Assign with the champion."""
    found = model.assign(customers)
    weak = pl.Series(found.is_weak)
    return Day(
        customers=customers,
        segments=model.segments,
        segment=found.segment,
        strength=found.strength,
        is_weak=weak,
        points=model.scaler.scale(customers) @ model.axes,
        metrics={
            "structure_found": 1.0,
            **model.metrics,
            "weak_share": float(weak.mean() or 0),
        },
        model_version=version.name,
        map_customers=model.map_customers,
    )


def _by_rule(customers: pl.DataFrame, config: SegmentationConfig) -> Day:
    """Take the RFM segments, and say so."""
    names = customers["rfm_segment"].fill_null("Unknown")
    segments = rules.rule_segments(names)
    position = {segment.name: i for i, segment in enumerate(segments)}
    scaler = fit_scaler(customers, config)
    matrix = scaler.scale(customers)
    wide = np.hstack([matrix, np.zeros((len(matrix), 2))])  # two directions, whatever is known
    return Day(
        customers=customers,
        segments=segments,
        segment=names.replace_strict(position, return_dtype=pl.Int64).to_numpy(),
        strength=np.ones(customers.height),
        is_weak=pl.Series([False]).new_from_index(0, customers.height),
        points=wide @ picture_axes(wide),
        metrics={"structure_found": 0.0, "segments": float(len(segments))},
        model_version=rules.VERSION,
        map_customers=config.map_customers,
    )


def _memberships(connection: Connection, day: Day, as_of: date) -> pl.DataFrame:
    """Return one row a customer, with the day since which the segment is the same."""
    ids = [*(s.segment_id for s in day.segments), "S0"]  # the last is for UNSEGMENTED, -1
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
    )
    known = rows.join(_yesterday(connection, as_of), on=["customer_id", "segment_id"], how="left")
    since = pl.coalesce("since_date", pl.lit(as_of))
    return known.with_columns(since.alias("since_date")).sort("customer_id")


def _yesterday(connection: Connection, as_of: date) -> pl.DataFrame:
    """Return the memberships of the newest day before ``as_of``."""
    schema = {"customer_id": pl.String, "segment_id": pl.String, "since_date": pl.Date}
    if not has_table(connection, SEGMENTS):
        return pl.DataFrame(schema=schema)
    return read_query(
        connection,
        f"SELECT customer_id, segment_id, since_date FROM {SEGMENTS} WHERE as_of = "
        f"(SELECT max(as_of) FROM {SEGMENTS} WHERE as_of < {literal(as_of)}::date)",
    )


def segment_profiles(day: Day, *, as_of: date) -> pl.DataFrame:
    """Return one row a segment: its size and its median customer."""
    known = list(enumerate(day.segments))
    if (day.segment == UNSEGMENTED).any():
        rest = Segment(
            segment_id="S0",
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

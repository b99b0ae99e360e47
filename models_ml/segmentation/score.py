"""Score: give every customer today's segment, with the champion or, without one, by RFM rule."""

import logging
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from include.settings import Settings
from include.warehouse import Connection, connect, has_table, literal, read_query, replace_day
from models_ml.mart import read_customers
from models_ml.results import write_importance, write_metrics, write_version
from models_ml.segmentation import rules
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.day import Day, memberships, segment_map, segment_profiles
from models_ml.segmentation.model import SegmentModel, picture_axes, unpack
from models_ml.segmentation.profile import explained_shares, likeness
from models_ml.segmentation.train import MODEL
from models_ml.tracking import Tracker, Version, open_tracker

SEGMENTS = "ml.customer_segments"
PROFILES = "ml.segment_profiles"
MAP = "ml.segment_map"

logger = logging.getLogger(__name__)


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
        customers = read_customers(connection, as_of=as_of)
        day = (
            _by_rule(customers, SegmentationConfig())
            if model is None or version is None
            else _by_model(customers, model, version)
        )
        profiles = segment_profiles(day, as_of=as_of)
        rows = memberships(day, _yesterday(connection, as_of), as_of=as_of)
        replace_day(connection, SEGMENTS, rows, as_of=as_of)
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
        "weak_share": round(float(day.is_weak.to_numpy().mean()), 4),
        "segment_sizes": dict(sizes),
    }


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
        points=model.picture(customers),
        metrics={
            "structure_found": 1.0,
            **model.metrics,
            "weak_share": float(found.is_weak.mean()),
        },
        model_version=version.name,
        map_customers=model.map_customers,
    )


def _by_rule(customers: pl.DataFrame, config: SegmentationConfig) -> Day:
    """Take the RFM segments, and say so."""
    names = customers["rfm_segment"].fill_null("Unknown")
    segments = rules.rule_segments(names)
    position = {segment.name: i for i, segment in enumerate(segments)}
    return Day(
        customers=customers,
        segments=segments,
        segment=names.replace_strict(position, return_dtype=pl.Int64).to_numpy(),
        strength=np.ones(customers.height),
        is_weak=pl.Series([False]).new_from_index(0, customers.height),
        points=likeness(customers) @ picture_axes(customers),
        metrics={"structure_found": 0.0, "segments": float(len(segments))},
        model_version=rules.VERSION,
        map_customers=config.map_customers,
    )


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

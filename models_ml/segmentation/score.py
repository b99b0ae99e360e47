"""Score: give every customer today's segment, with the champion or, without one, by RFM rule."""

import dataclasses
import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from include.settings import Settings
from include.warehouse import Connection, connect, has_table, literal, read_query, replace_day
from models_ml.mart import read_customers
from models_ml.results import write_importance, write_metrics, write_version
from models_ml.segmentation import history, rules
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.day import Day, memberships, segment_map, segment_profiles
from models_ml.segmentation.hysteresis import PENDING, STATE, settle
from models_ml.segmentation.lifecycle import SCHEMA as EVENTS
from models_ml.segmentation.lifecycle import events, first_events
from models_ml.segmentation.meaning import (
    challengers,
    segment_lifecycle,
    segment_traits,
    segment_tree,
)
from models_ml.segmentation.model import OutdatedModelError, SegmentModel, picture_axes, unpack
from models_ml.segmentation.overrides import Override, apply_overrides, read_overrides
from models_ml.segmentation.policy import IdentityPolicy
from models_ml.segmentation.profile import explained_shares, likeness
from models_ml.segmentation.train import MODEL, what_to_do
from models_ml.tracking import Tracker, Version, open_tracker

SEGMENTS = history.SEGMENTS
PROFILES = "ml.segment_profiles"
TRAITS = "ml.segment_traits"
MAP = "ml.segment_map"
TREE = "ml.segment_tree"
LIFECYCLE = "ml.segment_lifecycle"
CHALLENGERS = "ml.segment_challengers"

logger = logging.getLogger(__name__)


def run(as_of: str) -> dict[str, Any]:
    """Score as the scheduler asks; return what to log."""
    settings = Settings.from_env()
    result = score(
        as_of=date.fromisoformat(as_of),
        warehouse=settings.marts,
        tracker=open_tracker(settings),
        overrides=read_overrides(settings.segment_overrides),
    )
    logger.info("Segmentation for %s: %s", as_of, result)
    return result


def score(
    *,
    as_of: date,
    warehouse: Path,
    tracker: Tracker,
    policy: IdentityPolicy = IdentityPolicy(),  # noqa: B008 - frozen
    overrides: Mapping[str, Override] | None = None,
) -> dict[str, Any]:
    """Write the day's rows of ``ml.*`` and return their outline.

    New customers get a segment the same day, whenever the champion learned. A day that is scored
    again gets the same rows, whatever has been scored since: only earlier days are looked at.
    """
    version = tracker.champion(MODEL, as_of=as_of)
    model = unpack(tracker.load(version)) if version is not None else None
    if model is not None:
        named = apply_overrides(model.segments, overrides or {})
        model = dataclasses.replace(model, segments=named)
    with connect(warehouse) as connection:
        customers = read_customers(connection, as_of=as_of)
        yesterday = _yesterday(connection, as_of)
        day = (
            _by_rule(customers, SegmentationConfig())
            if model is None or version is None
            else _by_model(
                customers, model, version, yesterday=yesterday, policy=policy, as_of=as_of
            )
        )
        told = _lifecycle(
            tracker,
            day,
            model,
            yesterday=yesterday,
            policy=policy,
            overrides=overrides or {},
            as_of=as_of,
        )
        rows = memberships(day, yesterday, as_of=as_of)
        profiles = segment_profiles(day, as_of=as_of)
        tables = {
            SEGMENTS: rows,
            PROFILES: profiles,
            TRAITS: segment_traits(day, as_of=as_of),
            MAP: segment_map(day, as_of=as_of),
            TREE: segment_tree(model, day.model_version, as_of=as_of),
            LIFECYCLE: told,
            CHALLENGERS: _challengers(tracker, version, as_of),
        }
        for table, frame in tables.items():
            replace_day(connection, table, frame, as_of=as_of)
        name = {"model": MODEL, "version": day.model_version}
        write_metrics(connection, day.metrics, as_of=as_of, **name)
        importance = explained_shares(customers, day.segment)
        write_importance(connection, importance, as_of=as_of, **name)
        write_version(connection, version, model=MODEL, as_of=as_of)
        history.record(connection, as_of=as_of)
    sizes = zip(profiles["segment_name"], profiles["customers"], strict=True)
    changes = told.filter(pl.col("event") != "continued")
    return {
        "segments_version": day.model_version,
        "customers_segmented": customers.height,
        "weak_share": round(float(day.is_weak.to_numpy().mean()), 4),
        "segment_sizes": dict(sizes),
        "segment_events": changes.select("event", "segment_id").rows(),
    }


def _by_model(  # noqa: PLR0913 - by keyword
    customers: pl.DataFrame,
    model: SegmentModel,
    version: Version,
    *,
    yesterday: pl.DataFrame,
    policy: IdentityPolicy,
    as_of: date,
) -> Day:
    """Assign with the champion, and leave on their side those who stand on a border."""
    found = model.assign(customers)
    settled = settle(
        found,
        customers["customer_id"],
        yesterday,
        segment_ids=[segment.segment_id for segment in model.segments],
        policy=policy,
        as_of=as_of,
    )
    is_kept = settled.pending["pending_segment_id"].is_not_null()
    return Day(
        customers=customers,
        segments=model.segments,
        segment=settled.segment,
        strength=settled.strength,
        is_weak=pl.Series(found.is_weak) | is_kept,
        pending=settled.pending,
        points=model.picture(customers),
        metrics={
            "structure_found": 1.0,
            **model.metrics,
            "weak_share": float(found.is_weak.mean()),
            "kept_share": float(is_kept.to_numpy().mean()),
        },
        model_version=version.name,
        map_customers=model.map_customers,
    )


def _by_rule(customers: pl.DataFrame, config: SegmentationConfig) -> Day:
    """Take the RFM segments, and say so."""
    names = customers["rfm_segment"].fill_null("Unknown")
    segments = rules.rule_segments(names)
    position = {segment.name: i for i, segment in enumerate(segments)}
    nobody = pl.DataFrame(schema={name: STATE[name] for name in PENDING})
    return Day(
        customers=customers,
        segments=segments,
        segment=names.replace_strict(position, return_dtype=pl.Int64).to_numpy(),
        strength=np.ones(customers.height),
        is_weak=pl.Series([False]).new_from_index(0, customers.height),
        pending=nobody.clear(customers.height),
        points=likeness(customers) @ picture_axes(customers),
        metrics={"structure_found": 0.0, "segments": float(len(segments))},
        model_version=rules.VERSION,
        map_customers=config.map_customers,
    )


def _lifecycle(  # noqa: PLR0913 - by keyword
    tracker: Tracker,
    day: Day,
    model: SegmentModel | None,
    *,
    yesterday: pl.DataFrame,
    policy: IdentityPolicy,
    overrides: Mapping[str, Override],
    as_of: date,
) -> pl.DataFrame:
    """Return what became of the segments since the day before; none on a day without a new model.

    Both models are at hand, so this is true after a roll-back and for a back-fill, too.
    """
    before = str(yesterday["model_version"][0]) if yesterday.height else None
    told = pl.DataFrame(schema=EVENTS)
    if model is not None and day.model_version != before:
        old = _version_named(tracker, before, as_of)
        if old is not None:
            named = apply_overrides(old.segments, overrides)
            told = events(
                dataclasses.replace(old, segments=named), model, day.customers, policy, yesterday
            )
        else:
            told = first_events(model.segments, day.segment)
    return segment_lifecycle(
        told, as_of=as_of, model_version=day.model_version, previous_version=before
    )


def _version_named(tracker: Tracker, name: str | None, as_of: date) -> SegmentModel | None:
    """Return the model that scored the day before; None where rules did, or it is outdated."""
    for version in tracker.versions(MODEL, as_of=as_of):
        if version.name == name:
            try:
                return unpack(tracker.load(version))
            except OutdatedModelError:
                return None
    return None


def _challengers(tracker: Tracker, champion: Version | None, as_of: date) -> pl.DataFrame:
    """Return the retrain that waits for a person, as at most one row."""
    waiting = tracker.challenger(MODEL, as_of=as_of)
    if waiting is None or champion is None or not waiting.verdict:
        return challengers(None, "", as_of=as_of)
    return challengers(waiting, what_to_do(waiting), as_of=as_of)


def _yesterday(connection: Connection, as_of: date) -> pl.DataFrame:
    """Return the memberships of the newest day before ``as_of``, with ``STATE``'s columns."""
    columns = {**STATE, "model_version": pl.String}
    if not has_table(connection, SEGMENTS):
        return pl.DataFrame(schema=columns)
    found = read_query(
        connection,
        f"SELECT * FROM {SEGMENTS} WHERE as_of = "
        f"(SELECT max(as_of) FROM {SEGMENTS} WHERE as_of < {literal(as_of)}::date)",
    )
    return found.select(
        pl.col(name) if name in found.columns else pl.lit(None, dtype=kind).alias(name)
        for name, kind in columns.items()
    )

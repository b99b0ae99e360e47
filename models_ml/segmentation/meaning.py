"""Meaning: the rows of ``ml.*`` that say what segments are and what became of them. Pure."""

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from models_ml.segmentation import lifecycle
from models_ml.segmentation.assign import UNSEGMENTED
from models_ml.segmentation.day import Day
from models_ml.segmentation.effects import measure_effects
from models_ml.segmentation.model import SegmentModel
from models_ml.segmentation.naming import UNSEGMENTED_ID
from models_ml.tracking import Version

EFFECT = pl.Decimal(6, 4)
VALUE = pl.Decimal(18, 6)

TREE: dict[str, Any] = {
    "as_of": pl.Date,
    "node": pl.Int64,
    "parent_node": pl.Int64,
    "density_from": VALUE,
    "density_to": VALUE,
    "customers": pl.Int64,
    "segment_id": pl.String,
    "model_version": pl.String,
}
CHALLENGERS = {
    "as_of": pl.Date,
    "model_version": pl.String,
    "trained_as_of": pl.Date,
    "verdict": pl.String,
    "what_to_do": pl.String,
}


def segment_traits(day: Day, *, as_of: date) -> pl.DataFrame:
    """Return one row a segment and feature: the effect size against the rest, both medians."""
    ids = {position: segment.segment_id for position, segment in enumerate(day.segments)}
    ids[UNSEGMENTED] = UNSEGMENTED_ID
    found = measure_effects(day.customers, day.segment, np.unique(day.segment).tolist())
    return found.select(
        pl.lit(as_of).alias("as_of"),
        pl.col("position").replace_strict(ids, return_dtype=pl.String).alias("segment_id"),
        "feature",
        pl.col("effect_size").cast(EFFECT),
        pl.col("segment_median", "rest_median").round(6).cast(VALUE),
        pl.lit(day.model_version).alias("model_version"),
    ).sort("segment_id", "feature")


def segment_tree(model: SegmentModel | None, model_version: str, *, as_of: date) -> pl.DataFrame:
    """Return the champion's condensed tree, one row a node; none where rules stand in."""
    nodes = model.tree if model is not None else []
    segments = model.segments if model is not None else ()
    ids = [*(segment.segment_id for segment in segments), None]  # the last is for no segment, -1
    rows = [
        {
            "as_of": as_of,
            "node": node["node"],
            "parent_node": node["parent"] if node["parent"] >= 0 else None,
            "density_from": node["birth"],
            "density_to": node["death"],
            "customers": node["size"],
            "segment_id": ids[node["segment"]],
            "model_version": model_version,
        }
        for node in nodes
    ]
    floats = dict.fromkeys(("density_from", "density_to"), pl.Float64)
    density = pl.col("density_from", "density_to").round(6).cast(VALUE)
    return pl.DataFrame(rows, schema={**TREE, **floats}).with_columns(density)


def segment_lifecycle(
    told: pl.DataFrame, *, as_of: date, model_version: str, previous_version: str | None
) -> pl.DataFrame:
    """Return the day's events as rows of ``ml.segment_lifecycle``."""
    return told.select(
        pl.lit(as_of).alias("as_of"),
        *lifecycle.SCHEMA,
        pl.lit(model_version).alias("model_version"),
        pl.lit(previous_version, dtype=pl.String).alias("previous_version"),
    )


def challengers(waiting: Version | None, what_to_do: str, *, as_of: date) -> pl.DataFrame:
    """Return the version that waits for a person, as at most one row."""
    known = [] if waiting is None else [waiting]
    rows = [(as_of, v.name, v.trained_as_of, v.verdict, what_to_do) for v in known]
    return pl.DataFrame(rows, schema=CHALLENGERS, orient="row")

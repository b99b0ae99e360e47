"""Score: give every customer today's churn probability and risk, with the champion."""

import logging
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from include.settings import Settings
from include.warehouse import Connection, connect, replace_day
from models_ml.churn.config import ChurnConfig
from models_ml.churn.features import matrix
from models_ml.churn.model import ChurnModel, unpack
from models_ml.churn.train import MODEL
from models_ml.mart import read_customers
from models_ml.results import write_importance, write_metrics, write_version
from models_ml.tracking import Tracker, open_tracker

SCORES = "ml.customer_churn_scores"
CALIBRATION = "ml.churn_calibration"
LIFT = "ml.churn_lift"

SHARE = pl.Decimal(9, 6)
NO_MODEL = "none"

logger = logging.getLogger(__name__)


def run(as_of: str) -> dict[str, Any]:
    """Score as the scheduler asks; return what to log."""
    settings = Settings.from_env()
    result = score(
        as_of=date.fromisoformat(as_of),
        warehouse=settings.marts,
        tracker=open_tracker(settings),
        threads=settings.threads,
    )
    logger.info("Churn for %s: %s", as_of, result)
    return result


def score(*, as_of: date, warehouse: Path, tracker: Tracker, threads: int) -> dict[str, Any]:
    """Write the day's rows of ``ml.*`` and return their outline.

    Without a model that may score the day, the day has no scores: a guess would be taken for one.
    """
    version = tracker.champion(MODEL, as_of=as_of)
    model = unpack(tracker.load(version), threads=threads) if version is not None else None
    name = version.name if version is not None else NO_MODEL
    with connect(warehouse) as connection:
        customers = read_customers(connection, as_of=as_of)
        scored = score_customers(customers, model, model_version=name, as_of=as_of)
        replace_day(connection, SCORES, scored, as_of=as_of)
        _write_judgement(connection, model, model_version=name, as_of=as_of)
        write_version(connection, version, model=MODEL, as_of=as_of)
    if model is None:
        logger.warning("No churn model may score %s yet: the day has no churn scores", as_of)
    risks = scored.group_by("churn_risk").len().sort("churn_risk").rows()
    return {"churn_version": name, "customers_scored": scored.height, "churn_risks": dict(risks)}


def score_customers(
    customers: pl.DataFrame, model: ChurnModel | None, *, model_version: str, as_of: date
) -> pl.DataFrame:
    """Return one row a customer; none without a model."""
    if model is None:
        customers, scores, config = (
            customers.clear(),
            pl.Series([], dtype=pl.Float64),
            ChurnConfig(),
        )
    else:
        config = model.config
        scores = pl.Series(model.classifier.score(matrix(customers, config)))
    risk = (
        pl.when(pl.col("churn_score") >= config.high_risk)
        .then(pl.lit("high"))
        .when(pl.col("churn_score") >= config.medium_risk)
        .then(pl.lit("medium"))
        .otherwise(pl.lit("low"))
    )
    return (
        customers.select("customer_id", scores.alias("churn_score"))
        .select(
            pl.lit(as_of).alias("as_of"),
            "customer_id",
            pl.col("churn_score").cast(SHARE),
            risk.alias("churn_risk"),
            pl.lit(model_version).alias("model_version"),
        )
        .sort("customer_id")
    )


def _write_judgement(
    connection: Connection, model: ChurnModel | None, *, model_version: str, as_of: date
) -> None:
    """Publish beside the scores how far they can be trusted: the champion's own holdout."""
    calibration = pl.DataFrame(
        model.calibration if model else [],
        schema={
            "bin": pl.Int32,
            "customers": pl.Int64,
            "predicted": pl.Float64,
            "observed": pl.Float64,
        },
    )
    lift = pl.DataFrame(
        model.lift if model else [],
        schema={
            "decile": pl.Int32,
            "customers": pl.Int64,
            "observed": pl.Float64,
            "lift": pl.Float64,
        },
    )
    for table, rows in ((CALIBRATION, calibration), (LIFT, lift)):
        dated = rows.select(
            pl.lit(as_of).alias("as_of"),
            pl.lit(model_version).alias("model_version"),
            pl.all().exclude(pl.Float64),
            pl.col(pl.Float64).round(6).cast(SHARE),
        )
        replace_day(connection, table, dated, as_of=as_of)
    metrics, importance = (model.metrics, model.importance) if model else ({}, {})
    write_metrics(connection, metrics, model=MODEL, version=model_version, as_of=as_of)
    write_importance(connection, importance, model=MODEL, version=model_version, as_of=as_of)

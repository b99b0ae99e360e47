"""Train: fit when due on the past, judge on what came after, and crown only what is better."""

import dataclasses
import logging
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from include.settings import Settings
from include.warehouse import canonical_digest, connect, literal, read_table
from models_ml.churn.classifier import Scores, fit_classifier
from models_ml.churn.config import ChurnConfig
from models_ml.churn.evaluate import (
    calibration_error,
    judge,
    logistic_baseline,
    recency_baseline,
)
from models_ml.churn.features import NotEnoughHistoryError, Split, labels, matrix, split_by_time
from models_ml.churn.model import ChurnModel, pack, unpack
from models_ml.churn.plots import draw_calibration, draw_importance, draw_lift
from models_ml.churn.promotion import Verdict, compare
from models_ml.tracking import Retrain, Run, Tracker, Version, open_tracker

MODEL = "churn"
READS = "marts.mart_churn_training"

logger = logging.getLogger(__name__)


def run(as_of: str, retrain: Retrain = "when_missing") -> dict[str, Any]:
    """Train as the scheduler asks; return what to log."""
    settings = Settings.from_env()
    result = train(
        ChurnConfig(),
        as_of=date.fromisoformat(as_of),
        retrain=retrain,
        warehouse=settings.marts,
        tracker=open_tracker(settings),
        threads=settings.threads,
    )
    logger.info("Churn, training for %s: %s", as_of, result)
    return result


def train(  # noqa: PLR0913 - by keyword
    config: ChurnConfig,
    *,
    as_of: date,
    retrain: Retrain,
    warehouse: Path,
    tracker: Tracker,
    threads: int,
) -> dict[str, Any]:
    """Fit, judge, register, and promote where that is deserved; or say why not."""
    if not tracker.is_due(MODEL, as_of=as_of, retrain=retrain):
        return {"churn_trained": False, "churn_reason": "not due"}
    with connect(warehouse, read_only=True) as connection:
        snapshots = read_table(
            connection,
            READS,
            where=f"snapshot_date + {config.label_days} <= {literal(as_of)}::date",
            order_by="snapshot_date, customer_id",
        )
        data_digest = canonical_digest(connection, READS)
    try:
        split = split_by_time(snapshots, config)
    except NotEnoughHistoryError as error:
        return {"churn_trained": False, "churn_reason": str(error)}

    model = fit(split, config, threads=threads)
    package = pack(model, trained_as_of=as_of)
    champion = tracker.champion(MODEL, as_of=as_of)
    verdict = _verdict(tracker, champion, model, split, as_of=as_of, threads=threads)
    known = [v for v in tracker.versions(MODEL, as_of=as_of) if v.artifact_sha256 == package.digest]
    if known:
        version = known[0]
    else:
        with tracker.tracked_run(
            MODEL, as_of=as_of, parameters=dataclasses.asdict(config), data_digest=data_digest
        ) as tracked:
            _log(tracked, model, verdict)
            version = tracker.register(tracked, MODEL, package, data_digest=data_digest)
    if verdict.is_promoted and not version.is_promoted:
        tracker.promote(MODEL, version)
    return {
        "churn_trained": True,
        "churn_reason": verdict.reason,
        "churn_version": version.name,
        "churn_promoted": verdict.is_promoted or version.is_promoted,
        **{f"churn_{name}": model.metrics[name] for name in ("roc_auc", "pr_auc", "brier")},
        "churn_recency_roc_auc": model.metrics["recency_roc_auc"],
        "churn_logistic_roc_auc": model.metrics["logistic_roc_auc"],
    }


def fit(split: Split, config: ChurnConfig, *, threads: int) -> ChurnModel:
    """Fit on the training side; judge it and both baselines on the holdout."""
    classifier = fit_classifier(split.training, config, threads=threads)
    target = labels(split.holdout)
    scores = classifier.score(matrix(split.holdout, config))
    judgement = judge(scores, target)
    return ChurnModel(
        classifier=classifier,
        config=config,
        metrics={
            **judgement.metrics,
            "calibration_error": calibration_error(judgement.calibration),
            "score_spread": round(float(np.std(scores)), 6),
            **_prefixed("recency", recency_baseline(split), split),
            **_prefixed("logistic", logistic_baseline(split, config), split),
        },
        calibration=judgement.calibration.to_dicts(),
        lift=judgement.lift.to_dicts(),
        importance=classifier.importance(config.features),
        holdout_date=split.holdout_date,
    )


def _prefixed(name: str, scores: Scores, split: Split) -> dict[str, float]:
    """Return a baseline's metrics under its name."""
    judged = judge(scores, labels(split.holdout)).metrics
    return {f"{name}_{metric}": value for metric, value in judged.items()}


def _verdict(  # noqa: PLR0913 - by keyword
    tracker: Tracker,
    champion: Version | None,
    model: ChurnModel,
    split: Split,
    *,
    as_of: date,
    threads: int,
) -> Verdict:
    """Judge the challenger beside the champion, both on today's holdout."""
    config = model.config
    if champion is None:
        return compare(model.metrics, None, champion_age_days=0, config=config)
    old = unpack(tracker.load(champion), threads=threads)
    scores = old.classifier.score(matrix(split.holdout, old.config))
    return compare(
        model.metrics,
        judge(scores, labels(split.holdout)).metrics,
        champion_age_days=(as_of - champion.trained_as_of).days,
        config=config,
    )


def _log(tracked: Run, model: ChurnModel, verdict: Verdict) -> None:
    """Log numbers, pictures, the verdict and the card."""
    tracked.log_metrics(model.metrics)
    tracked.set_tag("verdict", verdict.reason)
    tracked.set_tag("holdout_date", model.holdout_date.isoformat())
    tracked.log_figure("calibration.png", draw_calibration(pl.DataFrame(model.calibration)))
    tracked.log_figure("lift.png", draw_lift(pl.DataFrame(model.lift)))
    tracked.log_figure("importance.png", draw_importance(model.importance))
    card = (Path(__file__).parent / "MODEL_CARD.md").read_text()
    numbers = "\n".join(f"- {name}: {value}" for name, value in sorted(model.metrics.items()))
    tracked.log_text(
        "MODEL_CARD.md",
        f"{card}\n## This version\n\nJudged on {model.holdout_date}: {verdict.reason}.\n\n"
        f"{numbers}\n",
    )

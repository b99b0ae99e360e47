"""Model: a judged churn classifier as native files, and back."""

import dataclasses
from datetime import date
from typing import Any

from models_ml.churn.classifier import Classifier, load_classifier
from models_ml.churn.config import ChurnConfig
from models_ml.package import Package

BOOSTER = "booster.json"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChurnModel:
    """A classifier with all that its scores are published with."""

    classifier: Classifier
    config: ChurnConfig
    metrics: dict[str, float]
    calibration: list[dict[str, float]]
    lift: list[dict[str, float]]
    importance: dict[str, float]
    holdout_date: date


def pack(model: ChurnModel, *, trained_as_of: date) -> Package:
    """Return the model's files."""
    facts: dict[str, Any] = {
        "config": dataclasses.asdict(model.config),
        "slope": model.classifier.slope,
        "intercept": model.classifier.intercept,
        "metrics": model.metrics,
        "calibration": model.calibration,
        "lift": model.lift,
        "importance": model.importance,
        "holdout_date": model.holdout_date.isoformat(),
    }
    return Package(
        trained_as_of=trained_as_of, facts=facts, files={BOOSTER: model.classifier.model_file}
    )


def unpack(package: Package, *, threads: int) -> ChurnModel:
    """Return the model in ``package``, whose bytes have been checked."""
    facts = package.facts
    settings = {**facts["config"], "features": tuple(facts["config"]["features"])}
    return ChurnModel(
        classifier=load_classifier(
            package.files[BOOSTER],
            slope=facts["slope"],
            intercept=facts["intercept"],
            threads=threads,
        ),
        config=ChurnConfig(**settings),
        metrics=facts["metrics"],
        calibration=facts["calibration"],
        lift=facts["lift"],
        importance=facts["importance"],
        holdout_date=date.fromisoformat(facts["holdout_date"]),
    )

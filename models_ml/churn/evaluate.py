"""Evaluate: what a churn score is worth on customers, and days, it has never seen."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models_ml.churn.classifier import Scores
from models_ml.churn.config import ChurnConfig
from models_ml.churn.features import Labels, Split, labels, matrix

BINS = 10


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A score's worth on the holdout: numbers, and the two tables behind the pictures."""

    metrics: dict[str, float]
    calibration: pl.DataFrame  # bin, customers, predicted, observed
    lift: pl.DataFrame  # decile, customers, observed, lift


def judge(scores: Scores, target: Labels) -> Judgement:
    """Judge probabilities against what happened."""
    lift = lift_table(scores, target)
    return Judgement(
        metrics={
            "roc_auc": _rounded(roc_auc_score(target, scores)),
            "pr_auc": _rounded(average_precision_score(target, scores)),
            "brier": _rounded(brier_score_loss(target, scores)),
            "lift_top_decile": _rounded(lift["lift"][0]),
            "base_rate": _rounded(target.mean()),
        },
        calibration=calibration_table(scores, target),
        lift=lift,
    )


def calibration_table(scores: Scores, target: Labels) -> pl.DataFrame:
    """Return ten bins of equal size from low to high score: what was said, what happened."""
    ranked = _ranked(scores, target, descending=False).rename({"tenth": "bin"})
    return ranked.select("bin", "customers", "predicted", "observed")


def lift_table(scores: Scores, target: Labels) -> pl.DataFrame:
    """Return deciles from the highest score down: share that churned, against everyone's."""
    ranked = _ranked(scores, target, descending=True).rename({"tenth": "decile"})
    lift = (pl.col("observed") / float(target.mean())).round(6).alias("lift")
    return ranked.select("decile", "customers", "observed", lift)


def calibration_error(calibration: pl.DataFrame) -> float:
    """Return the expected calibration error: the mean gap of said and happened, by customers."""
    gap = (pl.col("predicted") - pl.col("observed")).abs() * pl.col("customers")
    return _rounded(calibration.select(gap.sum() / pl.col("customers").sum()).item())


def recency_baseline(split: Split) -> Scores:
    """Return the holdout's churn probabilities from days since the last order, and no more."""
    feature = ChurnConfig(features=("recency_days",))
    return _logistic(split, feature)


def logistic_baseline(split: Split, config: ChurnConfig) -> Scores:
    """Return the holdout's churn probabilities from a logistic regression on every feature."""
    return _logistic(split, config)


def _logistic(split: Split, config: ChurnConfig) -> Scores:
    """Fit on the training side, score the holdout; medians stand in for what is missing."""
    pipeline = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(max_iter=2_000),
    )
    pipeline.fit(matrix(split.training, config).astype(np.float64), labels(split.training))
    found = pipeline.predict_proba(matrix(split.holdout, config).astype(np.float64))
    scores: Scores = np.round(found[:, 1], 6)
    return scores


def _ranked(scores: Scores, target: Labels, *, descending: bool) -> pl.DataFrame:
    """Return ten groups of equal size by score; rows arrive by customer, which breaks ties."""
    order = np.argsort(-scores if descending else scores, kind="stable")
    tenth = np.arange(scores.size) * BINS // scores.size + 1
    rows = pl.DataFrame({"tenth": tenth, "score": scores[order], "target": target[order]})
    return (
        rows.group_by("tenth")
        .agg(
            customers=pl.len().cast(pl.Int64),
            predicted=pl.col("score").mean().round(6),
            observed=pl.col("target").cast(pl.Float64).mean().round(6),
        )
        .sort("tenth")
    )


def _rounded(value: float) -> float:
    return round(float(value), 6)

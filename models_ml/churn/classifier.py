"""Classifier: the pure core. XGBoost in, native JSON out; Platt's two numbers where needed."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import xgboost as xgb
from sklearn.linear_model import LogisticRegression

from models_ml.churn.config import ChurnConfig
from models_ml.churn.features import Labels, Matrix, labels, matrix

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """A booster, and the straight line in log-odds that calibrates it (1, 0: none needed)."""

    booster: xgb.Booster
    slope: float = 1.0
    intercept: float = 0.0

    def score(self, features: Matrix) -> Scores:
        """Return each row's probability of churn, rounded so that no thread count moves it."""
        raw = np.asarray(self.booster.inplace_predict(features), dtype=np.float64)
        raw = raw.clip(1e-6, 1 - 1e-6)
        odds = self.slope * np.log(raw / (1 - raw)) + self.intercept
        return np.round(1 / (1 + np.exp(-odds)), 6)

    def importance(self, names: tuple[str, ...]) -> dict[str, float]:
        """Return each feature's share of all the gain that splits brought; the sum is 1."""
        gains = self.booster.get_score(importance_type="total_gain")
        found = np.array([_number(gains.get(f"f{i}", 0.0)) for i in range(len(names))])
        shares = np.round(found / max(found.sum(), 1e-12), 6)
        return dict(zip(names, shares.tolist(), strict=True))

    @property
    def model_file(self) -> bytes:
        """The booster as XGBoost's own JSON."""
        return bytes(self.booster.save_raw(raw_format="json"))


def load_classifier(
    model_file: bytes, *, slope: float, intercept: float, threads: int
) -> Classifier:
    """Return the classifier whose booster is ``model_file`` (checked before this is called)."""
    booster = xgb.Booster({"nthread": threads})
    booster.load_model(bytearray(model_file))
    return Classifier(booster=booster, slope=slope, intercept=intercept)


def fit_classifier(training: pl.DataFrame, config: ChurnConfig, *, threads: int) -> Classifier:
    """Learn from ``training``, calibrated on its newest snapshot if that is called for."""
    slope, intercept = _calibrate(training, config, threads=threads)
    booster = _boost(matrix(training, config), labels(training), config, threads=threads)
    return Classifier(booster=booster, slope=slope, intercept=intercept)


def _calibrate(training: pl.DataFrame, config: ChurnConfig, *, threads: int) -> tuple[float, float]:
    """Return Platt's slope and intercept, or (1, 0) where the scores are straight enough.

    Judged out of time: a model of the earlier snapshots scores the newest one it has not seen.
    """
    newest = pl.col("snapshot_date").max()
    known = pl.col("snapshot_date") <= newest - pl.duration(days=config.label_days)
    earlier = training.filter(known)
    judged = training.filter(pl.col("snapshot_date") == newest)
    if min(earlier["has_churned"].n_unique(), judged["has_churned"].n_unique()) < 2:  # noqa: PLR2004
        return 1.0, 0.0
    booster = _boost(matrix(earlier, config), labels(earlier), config, threads=threads)
    raw = Classifier(booster=booster).score(matrix(judged, config))
    odds = np.log(raw / (1 - raw)).reshape(-1, 1)
    line = LogisticRegression(C=np.inf).fit(odds, labels(judged))
    slope, intercept = round(float(line.coef_[0, 0]), 6), round(float(line.intercept_[0]), 6)
    straight = config.calibration_slope_low <= slope <= config.calibration_slope_high
    return (1.0, 0.0) if straight else (slope, intercept)


def _boost(features: Matrix, target: Labels, config: ChurnConfig, *, threads: int) -> xgb.Booster:
    """Train; the same rows in the same order give the same trees on any number of threads."""
    threads = min(threads, 1 + len(target) // config.rows_per_thread)
    parameters = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "max_depth": config.max_depth,
        "learning_rate": config.learning_rate,
        "min_child_weight": config.min_child_weight,
        "subsample": config.subsample,
        "colsample_bytree": config.column_share,
        "reg_lambda": config.l2_penalty,
        "seed": config.seed,
        "nthread": threads,
    }
    return xgb.train(
        parameters, xgb.DMatrix(features, target, nthread=threads), num_boost_round=config.rounds
    )


def _number(gain: float | list[float]) -> float:
    """Return a gain as XGBoost gives it for trees; lists are for linear boosters."""
    return float(gain) if isinstance(gain, (int, float)) else float(sum(gain))

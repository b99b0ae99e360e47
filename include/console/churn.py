"""The churn model: how good it is against two baselines, how honest, and what it looks at."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from include.console import geometry, wording
from include.console.features import label_of, source_of
from include.console.tables import rows
from include.warehouse import Connection

CONTENDERS = {"": "Model", "logistic_": "Logistic regression", "recency_": "Recency alone"}
IMPORTANT = 12  # features shown; the rest hardly matter
PLOT = 300  # side of the calibration plot's square, in its own units
MOST_LIFT = 10.0  # the lift of a top decile that holds nothing but churners, were they that few


@dataclass(frozen=True, kw_only=True)
class Churn:
    """The churn section; ``scores`` is empty where no model was judged."""

    scores: list[dict[str, Any]]
    base_rate: Decimal | None
    verdict: str
    calibration: dict[str, Any] | None
    lift: list[dict[str, Any]]
    importance: list[dict[str, Any]]


def churn(connection: Connection) -> Churn:
    """Gather the churn section."""
    metrics = {
        row["metric"]: row["value"]
        for row in rows(connection, "SELECT metric, value FROM model_metrics WHERE model = 'churn'")
    }
    scores = [score for measured in MEASURES if (score := contest(metrics, *measured))]
    return Churn(
        scores=scores,
        base_rate=metrics.get("base_rate"),
        verdict=verdict(scores),
        calibration=calibration(connection),
        lift=lift(connection),
        importance=importance(connection),
    )


MEASURES = (
    ("roc_auc", "ROC-AUC", "Picks the churner from a pair; 0.5 is a coin", 3),
    ("pr_auc", "PR-AUC", "Precision over all cut-offs; a coin has the base rate", 3),
    ("brier", "Brier score", "Squared error of the probability; lower is better", 4),
    (
        "lift_top_decile",
        "Top-tenth lift",
        "Churners among the riskiest 10% against a random 10%",
        2,
    ),
)


def contest(
    metrics: dict[str, Decimal], metric: str, label: str, hint: str, digits: int
) -> dict[str, Any] | None:
    """Return one measure of all contenders, each with its skill: 0 knows nothing, 1 is perfect."""
    values = {prefix: metrics.get(prefix + metric) for prefix in CONTENDERS}
    if values[""] is None:
        return None
    base = float(metrics.get("base_rate") or 0)
    known = {prefix: float(value) for prefix, value in values.items() if value is not None}
    best = min(known.values()) if metric == "brier" else max(known.values())
    return {
        "label": label,
        "hint": hint,
        "contenders": [
            {
                "name": name,
                "text": wording.decimals(values[prefix], digits),
                "skill": skill(metric, known[prefix], base) if prefix in known else None,
                "is_best": known.get(prefix) == best,
                "is_model": prefix == "",
            }
            for prefix, name in CONTENDERS.items()
        ],
    }


def skill(metric: str, value: float, base: float) -> float:
    """Return how far ``value`` is from knowing only the base rate (0) to perfection (1)."""
    if metric == "roc_auc":
        part = (value - 0.5) / 0.5
    elif metric == "pr_auc":
        part = (value - base) / (1 - base) if base < 1 else 0.0
    elif metric == "brier":
        uncertainty = base * (1 - base)
        part = 1 - value / uncertainty if uncertainty else 0.0
    else:
        most = min(MOST_LIFT, 1 / base) if base else MOST_LIFT
        part = (value - 1) / (most - 1) if most > 1 else 0.0
    return round(min(1.0, max(0.0, part)), 4)


def verdict(scores: list[dict[str, Any]]) -> str:
    """Say honestly, in a sentence, where the model beats the baselines and where it does not."""
    won: list[str] = []
    lost: list[str] = []
    for score in scores:
        model, *others = score["contenders"]
        if any(other["skill"] is not None for other in others):
            (won if model["is_best"] else lost).append(score["label"])
    if not won and not lost:
        return ""
    if not lost:
        return f"The model does best on {wording.listed(won)}."
    if not won:
        return f"A baseline does better than the model on {wording.listed(lost)}."
    return (
        f"The model does best on {wording.listed(won)}; a baseline does better on "
        f"{wording.listed(lost)}."
    )


def calibration(connection: Connection) -> dict[str, Any] | None:
    """Return the plot of observed against predicted churn, on a square with one axis for both."""
    bins = rows(
        connection,
        "SELECT bin, customers, predicted, observed FROM churn_calibration ORDER BY bin",
    )
    if not bins:
        return None
    top = geometry.nice_ceiling(max(float(max(b["predicted"], b["observed"])) for b in bins))
    most = max(b["customers"] for b in bins) or 1
    for each in bins:
        each["x"] = round(PLOT * float(each["predicted"]) / top, 1)
        each["y"] = round(PLOT * (1 - float(each["observed"]) / top), 1)
        each["radius"] = round(3 + 4 * (each["customers"] / most) ** 0.5, 1)
    return {
        "bins": bins,
        "side": PLOT,
        "path": "M" + "L".join(f"{b['x']:g},{b['y']:g}" for b in bins),
        "ticks": [{"at": PLOT * i / 4, "value": top * i / 4} for i in range(5)],
    }


def lift(connection: Connection) -> list[dict[str, Any]]:
    """Return each tenth of the customers, riskiest first, with its lift and bar height."""
    deciles = rows(
        connection, "SELECT decile, customers, observed, lift FROM churn_lift ORDER BY decile"
    )
    most = max((float(row["lift"]) for row in deciles), default=0) or 1.0
    for row in deciles:
        row["height"] = round(100 * float(row["lift"]) / most, 2)
        row["even"] = round(100 / most, 2)
    return deciles


def importance(connection: Connection) -> list[dict[str, Any]]:
    """Return the features the model leans on most, each against the first."""
    features = rows(
        connection,
        f"""
        SELECT feature, importance FROM feature_importance WHERE model = 'churn'
        ORDER BY importance DESC, feature LIMIT {IMPORTANT}
        """,
    )
    most = max((float(row["importance"]) for row in features), default=0) or 1.0
    for row in features:
        row["label"] = label_of(row["feature"])
        row["source"] = source_of(row["feature"])
        row["part"] = round(max(0.0, float(row["importance"]) / most), 4)
    return features

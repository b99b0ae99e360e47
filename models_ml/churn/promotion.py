"""Promotion: may this challenger lead? Answers are sentences, because people ask why."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from models_ml.churn.config import ChurnConfig


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether the challenger leads from now on, and why."""

    is_promoted: bool
    reason: str


def refusal(metrics: Mapping[str, float]) -> str | None:
    """Return why a model may never lead, whoever leads now; None where it may."""
    broken = sorted(name for name, value in metrics.items() if not math.isfinite(value))
    if broken:
        return f"not a number on the holdout: {', '.join(broken)}"
    if metrics["score_spread"] == 0:
        return "every customer gets the same score"
    if metrics["roc_auc"] <= metrics["recency_roc_auc"]:
        return (
            f"ROC-AUC {metrics['roc_auc']:.4f} does not beat recency alone "
            f"({metrics['recency_roc_auc']:.4f})"
        )
    return None


def compare(
    challenger: Mapping[str, float],
    champion: Mapping[str, float] | None,
    *,
    champion_age_days: int,
    config: ChurnConfig,
) -> Verdict:
    """Judge two models on the same holdout; without a champion the challenger leads."""
    why_not = refusal(challenger)
    if why_not is not None:
        return Verdict(is_promoted=False, reason=f"refused: {why_not}")
    if champion is None:
        return Verdict(is_promoted=True, reason="there is no champion yet")
    gain = challenger["roc_auc"] - champion["roc_auc"]
    against = f"ROC-AUC {challenger['roc_auc']:.4f} against {champion['roc_auc']:.4f}"
    if gain >= config.margin_roc_auc:
        return Verdict(is_promoted=True, reason=f"better by the margin: {against}")
    if gain >= -config.tolerance_roc_auc and champion_age_days >= config.stale_days:
        return Verdict(
            is_promoted=True,
            reason=f"not worse, and the champion is {champion_age_days} days old: {against}",
        )
    return Verdict(is_promoted=False, reason=f"not better by the margin: {against}")

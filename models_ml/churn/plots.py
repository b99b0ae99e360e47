"""Plots: what a person looks at before trusting a churn score."""

from collections.abc import Mapping

import polars as pl
from matplotlib.figure import Figure

BLUE, GREY = "#0072B2", "#BBBBBB"


def draw_calibration(calibration: pl.DataFrame) -> Figure:
    """Draw what was said against what happened; on the line, scores are probabilities."""
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.subplots()
    top = max(calibration["predicted"].to_list() + calibration["observed"].to_list()) * 1.05
    axes.plot([0, top], [0, top], color=GREY, label="perfect")
    axes.plot(calibration["predicted"], calibration["observed"], "o-", color=BLUE, label="champion")
    axes.set(title="Calibration on the holdout", xlabel="predicted", ylabel="observed")
    axes.legend(frameon=False)
    return figure


def draw_lift(lift: pl.DataFrame) -> Figure:
    """Draw how many times the base rate each tenth churned, the riskiest first."""
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.subplots()
    axes.bar(lift["decile"], lift["lift"], color=BLUE)
    axes.axhline(1, color=GREY)
    axes.set(
        title="Lift on the holdout", xlabel="tenth, riskiest first", ylabel="times the base rate"
    )
    axes.set_xticks(lift["decile"])
    return figure


def draw_importance(importance: Mapping[str, float], most: int = 15) -> Figure:
    """Draw the features that brought most of the gain."""
    ranked = sorted(importance.items(), key=lambda item: (item[1], item[0]))[-most:]
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    axes.barh([name for name, _ in ranked], [share for _, share in ranked], color=BLUE)
    axes.set(title="Where the trees find their gain", xlabel="share of total gain")
    return figure

"""Plots: what a person looks at before trusting a segmentation."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from models_ml.segmentation.assign import UNSEGMENTED
from models_ml.segmentation.cluster import Clustering
from models_ml.segmentation.features import Matrix
from models_ml.segmentation.tree import Labels

# Those of the report's light page, told apart by colour-blind eyes too.
COLOURS = (
    "#2f6fb7",
    "#e3a21a",
    "#8a1c5a",
    "#189a85",
    "#dd6a4b",
    "#4a2f96",
    "#8fa8dd",
    "#756035",
    "#cf5fe0",
    "#6b1f0c",
)
QUIET = "#b4bac4"


def colour_of(segment_id: str) -> str:
    """Return a segment's colour: the same on every picture of every model."""
    number = int(segment_id[1:])
    return COLOURS[(number - 1) % len(COLOURS)] if number else QUIET


def draw_map(
    points: Matrix, segment: Labels, names: Sequence[str], colours: Sequence[str]
) -> Figure:
    """Draw customers in the two directions in which they differ most."""
    figure = Figure(figsize=(8, 6), layout="constrained")
    axes = figure.subplots()
    for position, name in [(UNSEGMENTED, "Unsegmented"), *enumerate(names)]:
        members = segment == position
        if members.any():
            colour = QUIET if position < 0 else colours[position]
            axes.scatter(
                points[members, 0], points[members, 1], s=6, alpha=0.6, color=colour, label=name
            )
    axes.set(title="Customers by likeness", xlabel="first direction", ylabel="second direction")
    axes.legend(markerscale=3, frameon=False)
    return figure


def draw_profiles(standings: Sequence[dict[str, float]], names: Sequence[str]) -> Figure:
    """Draw where each segment's median customer stands among all, trait by trait."""
    traits = list(standings[0])
    values = np.array([[standing[trait] for trait in traits] for standing in standings])
    figure = Figure(figsize=(10, 1.5 + 0.6 * len(names)), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(values, vmin=0, vmax=1, cmap="RdBu_r", aspect="auto")
    axes.set_xticks(
        range(len(traits)), [t.replace("_", " ") for t in traits], rotation=30, ha="right"
    )
    axes.set_yticks(range(len(names)), names)
    for (row, column), value in np.ndenumerate(values):
        axes.text(column, row, f"{value:.0%}", ha="center", va="center", fontsize=8)
    axes.set_title("Where the segment's median customer stands among all")
    figure.colorbar(image, ax=axes, shrink=0.8)
    return figure


def draw_grid(tries: Sequence[Clustering], chosen: Clustering | None, tolerance: float) -> Figure:
    """Draw what chooses: DBCV against firmness, for each fit that was judged, .

    Fits of another's labels, or too badly shaped to be judged, are counted in the title.
    """
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    judged = [fit for fit in tries if "stability" in fit.metrics]
    for fit in judged:
        place = fit.firmness, fit.metrics["dbcv"]
        axes.scatter(*place, color=COLOURS[0], s=20)
        told = f"{fit.metrics['segments']:.0f} ({fit.metrics['coverage']:.0%})"
        axes.annotate(told, place, xytext=(5, 4), textcoords="offset points", fontsize=8)
    if judged:
        best = max(fit.firmness for fit in judged)
        axes.axvspan(best - tolerance, best, color=QUIET, alpha=0.4, label="as firm as the firmest")
    if chosen is not None:
        axes.scatter(
            chosen.firmness,
            chosen.metrics["dbcv"],
            s=140,
            label="chosen: the highest of these",
            facecolors="none",
            edgecolors=COLOURS[4],
        )
        axes.legend(frameon=False)
    axes.margins(x=0.15, y=0.15)
    axes.set(
        title=f"{len(judged)} different, well-shaped fits of {len(tries)}, "
        "by clusters (and customers in them)",
        xlabel="firmness: stability + silhouette",
        ylabel="DBCV (relative validity)",
    )
    return figure

"""Plots of change: how a fit was cut from its tree, how sizes went, who would move where."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models_ml.segmentation.features import Matrix
from models_ml.segmentation.plots import QUIET, colour_of

GAP = 0.03  # between the bars of a flow, as a part of its height
BEND = np.linspace(0, 1, 40)
S_CURVE = BEND**2 * (3 - 2 * BEND)  # leaves and arrives level


def draw_tree(
    nodes: Sequence[Mapping[str, Any]], names: Sequence[str], colours: Sequence[str]
) -> Figure:
    """Draw the condensed tree: wide is many customers, down is denser; segments are coloured."""
    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.subplots()
    top = np.log1p(max((node["death"] for node in nodes), default=0.0))
    left = _lay_out(nodes)
    for node in nodes:
        label = int(node["segment"])
        low, high = np.log1p(node["birth"]), np.log1p(node["death"])
        axes.bar(
            left[node["node"]] + node["size"] / 2,
            high - low,
            width=node["size"],
            bottom=low,
            color=QUIET if label < 0 else colours[label],
            edgecolor="white",
            label=None if label < 0 else names[label],
        )
    axes.set_ylim(top * 1.02 or 1, 0)
    axes.set(
        title="Condensed tree: what was cut into segments",
        xlabel="customers",
        ylabel="density (log of 1 + 1 / distance)",
    )
    if any(node["segment"] >= 0 for node in nodes):
        axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1.06), ncols=2)
    return figure


def _lay_out(nodes: Sequence[Mapping[str, Any]]) -> dict[int, float]:
    """Return each node's left edge: children lie side by side below their parent."""
    left: dict[int, float] = {}
    used: dict[int, float] = {}
    for node in nodes:  # parents stand before their children
        parent = node["parent"]
        left[node["node"]] = left.get(parent, 0.0) + used.get(parent, 0.0)
        used[parent] = used.get(parent, 0.0) + node["size"]
    return left


def draw_sizes(sizes: Mapping[str, Sequence[tuple[date, float]]]) -> Figure:
    """Draw each segment's share of customers over the days that were scored; ``sizes`` by id."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    for name, points in sizes.items():
        days, shares = zip(*points, strict=True)
        axes.plot(
            np.array(days, dtype="datetime64[D]"),
            shares,
            color=colour_of(name.partition(" ")[0]),
            marker="o",
            label=name,
        )
    axes.set(title="Sizes over time", ylabel="share of customers")
    axes.set_ylim(bottom=0)
    if sizes:
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axes.tick_params(axis="x", rotation=30)
    return figure


def draw_flows(
    flows: Matrix, before: Sequence[str], after: Sequence[str], colours: Sequence[str]
) -> Figure:
    """Draw who goes where (Sankey): ``flows`` counts customers from each of ``before`` to each.

    ``colours`` are those of ``before``.
    """
    figure = Figure(figsize=(10, 6), layout="constrained")
    axes = figure.subplots()
    whole = max(float(flows.sum()), 1.0)
    starts, ends = _stack(flows.sum(axis=1) / whole), _stack(flows.sum(axis=0) / whole)
    leaving, arriving = starts.copy(), ends.copy()
    for (i, j), count in np.ndenumerate(flows):
        if count:
            height = count / whole
            bend = leaving[i] + (arriving[j] - leaving[i]) * S_CURVE
            axes.fill_between(BEND, bend, bend + height, color=colours[i], alpha=0.5, linewidth=0)
            leaving[i] += height
            arriving[j] += height
    _bars(axes, starts, flows.sum(axis=1) / whole, before, x=-0.02, align="right")
    _bars(axes, ends, flows.sum(axis=0) / whole, after, x=1.02, align="left")
    axes.set(title="Who would move where", xlim=(-1.0, 2.0))
    axes.invert_yaxis()
    axes.axis("off")
    return figure


def _stack(shares: Matrix) -> Matrix:
    """Return where each bar begins."""
    return np.concatenate([[0.0], np.cumsum(shares + GAP)[:-1]])


def _bars(  # noqa: PLR0913 - one side of the picture
    axes: Axes, starts: Matrix, shares: Matrix, names: Sequence[str], *, x: float, align: str
) -> None:
    """Draw one side's bars with their names and shares beside them."""
    for start, share, name in zip(starts, shares, names, strict=True):
        axes.bar(x, share, width=0.03, bottom=start, color="#444444")
        beside = x + (0.03 if align == "left" else -0.03)
        axes.text(beside, start + share / 2, f"{name}  {share:.1%}", ha=align, va="center")

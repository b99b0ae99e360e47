"""Where the ribbons of a flow, the lines of sizes and the blocks of a tree stand: plain numbers."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

LEAST = 0.6  # of a ribbon's width in the picture's units; thinner is not seen


class Ribbon(NamedTuple):
    """A band from one side to the other, as an SVG path."""

    source: str
    target: str
    size: float
    path: str


class Bar(NamedTuple):
    """One side's block: where it begins and how high it is."""

    key: str
    size: float
    top: float
    height: float


class Sankey(NamedTuple):
    """A flow between two columns of bars."""

    left: list[Bar]
    right: list[Bar]
    ribbons: list[Ribbon]


def sankey(
    flows: Mapping[tuple[str, str], float],
    order: Sequence[str],
    *,
    width: float,
    height: float,
    gap: float,
) -> Sankey:
    """Lay out ``flows`` from left to right; both sides have the keys in ``order``."""
    sources = {k: sum(v for (s, _), v in flows.items() if s == k) for k in order}
    targets = {k: sum(v for (_, t), v in flows.items() if t == k) for k in order}
    rows = max(sum(map(bool, sources.values())), sum(map(bool, targets.values())), 1)
    unit = (height - gap * (rows - 1)) / max(sum(sources.values()), 1)
    left, right = _stack(sources, unit, gap), _stack(targets, unit, gap)
    leaving = {bar.key: bar.top for bar in left}
    arriving = {bar.key: bar.top for bar in right}
    ribbons = []
    for source in order:
        for target in order:
            size = flows.get((source, target), 0)
            if size:
                thick = size * unit
                path = _band(leaving[source], arriving[target], max(thick, LEAST), width)
                ribbons.append(Ribbon(source, target, size, path))
                leaving[source] += thick
                arriving[target] += thick
    return Sankey(left, right, ribbons)


def _stack(sizes: Mapping[str, float], unit: float, gap: float) -> list[Bar]:
    """Return one side's bars, those of nobody left out."""
    bars: list[Bar] = []
    top = 0.0
    for key, size in sizes.items():
        if size:
            bars.append(Bar(key, size, round(top, 2), round(max(size * unit, LEAST), 2)))
            top += size * unit + gap
    return bars


def _band(left: float, right: float, thick: float, width: float) -> str:
    """Return a band that leaves and arrives level."""
    half = width / 2
    return (
        f"M0,{left:.2f}C{half:g},{left:.2f} {half:g},{right:.2f} {width:g},{right:.2f}"
        f"V{right + thick:.2f}C{half:g},{right + thick:.2f} {half:g},{left + thick:.2f} "
        f"0,{left + thick:.2f}Z"
    )


def dated_line(
    points: Sequence[tuple[date, float]],
    *,
    days: tuple[date, date],
    top: float,
    width: float,
    height: float,
) -> str:
    """Return the path of values by date; ``days`` are the picture's first and last."""
    span = max((days[1] - days[0]).days, 1)
    places = [
        f"{width * (day - days[0]).days / span:.1f},{height * (1 - value / top):.1f}"
        for day, value in points
    ]
    return "M" + "L".join(places)


class Block(NamedTuple):
    """A rectangle in per cent of the picture."""

    node: int
    left: float
    top: float
    width: float
    height: float


def icicle(
    nodes: Sequence[tuple[int, int | None, float, float, float]],
) -> list[Block]:
    """Lay out a tree's nodes (key, parent, size, from, to), parents first, below each other.

    Widths are sizes against the root's; heights run from 0 to the greatest ``to``. Children lie
    side by side within their parent.
    """
    whole = nodes[0][2] if nodes else 1.0
    deepest = max((to for *_, to in nodes), default=1.0) or 1.0
    left: dict[int | None, float] = {}
    used: dict[int | None, float] = {}
    blocks = []
    for node, parent, size, start, end in nodes:
        left[node] = left.get(parent, 0.0) + used.get(parent, 0.0)
        used[parent] = used.get(parent, 0.0) + size
        box = (left[node] / whole, start / deepest, size / whole, (end - start) / deepest)
        blocks.append(Block(node, *(round(100 * part, 2) for part in box)))
    return blocks

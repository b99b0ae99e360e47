"""Where the marks of the pictures stand: plain numbers and SVG paths, no colours and no words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

TILES = 100  # a tile of the mosaic is one per cent of the customers


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line through evenly spaced values, and the area under it, from zero."""

    path: str
    area: str
    width: int
    height: int
    end_y: float


class Box(NamedTuple):
    """A rectangle, in per cent of the picture."""

    left: float
    top: float
    width: float
    height: float


def line(values: Sequence[float], *, width: int, height: int) -> Line | None:
    """Draw ``values`` from left to right over a baseline of zero; fewer than two are no line."""
    top = max(values, default=0)
    if len(values) < 2 or top <= 0:  # noqa: PLR2004 - a line has two ends
        return None
    room = height - 4
    ys = [round(2 + room * (1 - value / top), 1) for value in values]
    xs = [round(width * i / (len(values) - 1), 1) for i in range(len(values))]
    path = "M" + "L".join(f"{x:g},{y:g}" for x, y in zip(xs, ys, strict=True))
    return Line(
        path=path,
        area=f"{path}L{width},{height}L0,{height}Z",
        width=width,
        height=height,
        end_y=ys[-1],
    )


def mosaic(sizes: Sequence[int]) -> list[int]:
    """Deal the mosaic's tiles by largest remainder, so that they add up; one number a size."""
    whole = sum(sizes)
    if not whole:
        return [0] * len(sizes)
    tiles = [TILES * size // whole for size in sizes]
    remainders = sorted(range(len(sizes)), key=lambda i: (-(TILES * sizes[i] % whole), i))
    for i in remainders[: TILES - sum(tiles)]:
        tiles[i] += 1
    return tiles


def scaled(points: pl.DataFrame, *, width: int, height: int, margin: int) -> pl.DataFrame:
    """Fit ``x`` and ``y`` to the picture; the outermost few are drawn at its border."""

    def fitted(column: str, room: int) -> pl.Expr:
        value = pl.col(column).cast(pl.Float64)
        low, high = value.quantile(0.002, "nearest"), value.quantile(0.998, "nearest")
        span = pl.when(high > low).then(high - low).otherwise(1.0)
        return margin + (room - 2 * margin) * ((value - low) / span).clip(0, 1)

    return points.with_columns(
        fitted("x", width).round(0).cast(pl.Int64).alias("x"),
        (height - fitted("y", height)).round(0).cast(pl.Int64).alias("y"),
    )


def dots(points: pl.DataFrame, by: str) -> dict[str, str]:
    """Return one path a value of ``by``: a dot (a round cap of no length) for each point."""
    paths = (
        points.select(by, "x", "y")
        .unique()
        .sort(by, "x", "y")
        .with_columns(pl.format("M{},{}h0", "x", "y").alias("dot"))
        .group_by(by, maintain_order=True)
        .agg(pl.col("dot").str.join(""))
    )
    return dict(paths.iter_rows())


def treemap(sizes: Sequence[float], *, ratio: float) -> list[Box]:
    """Lay out ``sizes``, largest first, as boxes near to squares.

    The picture is ``ratio`` times as wide as high. After Bruls, Huizing and van Wijk (2000),
    "Squarified Treemaps".
    """
    whole = sum(sizes)
    areas = [size * ratio / whole for size in sizes] if whole else []
    boxes: list[Box] = []
    left, top, width, height = 0.0, 0.0, ratio, 1.0
    while areas:
        side = min(width, height)
        strip = _strip(areas, side)
        depth = sum(strip) / side
        offset = 0.0
        for area in strip:
            run = area / depth
            box = (
                Box(left, top + offset, depth, run)
                if width >= height
                else Box(left + offset, top, run, depth)
            )
            boxes.append(
                Box(
                    *(
                        round(100 * v, 3)
                        for v in (box.left / ratio, box.top, box.width / ratio, box.height)
                    )
                )
            )
            offset += run
        if width >= height:
            left, width = left + depth, width - depth
        else:
            top, height = top + depth, height - depth
        areas = areas[len(strip) :]
    return boxes


def _strip(areas: Sequence[float], side: float) -> Sequence[float]:
    """Return the longest run of ``areas`` whose worst shape the next one would only spoil."""

    def worst(strip: Sequence[float]) -> float:
        total = sum(strip)
        return max(max(side**2 * area / total**2, total**2 / (side**2 * area)) for area in strip)

    taken = 1
    while taken < len(areas) and worst(areas[: taken + 1]) <= worst(areas[:taken]):
        taken += 1
    return areas[:taken]


def nice_ceiling(value: float) -> float:
    """Return the least of 0.1, 0.2, 0.25, 0.5, 1 that reaches ``value``: an axis for shares."""
    return next((top for top in (0.1, 0.2, 0.25, 0.4, 0.5, 0.6, 0.8) if value <= top), 1.0)

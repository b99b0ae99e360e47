"""The map: where each customer stands beside the others, as paths of dots and a label a segment."""

from typing import Any

import polars as pl

from include.console import geometry
from include.warehouse import Connection, read_query

WIDTH, HEIGHT, MARGIN = 1000, 760, 30
LABEL_ROOM = 44  # a label's line height, in the map's own units
LETTER = 8  # half a letter's width


def segment_map(connection: Connection, cards: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the paths of the map, coloured by segment and by churn risk, and its labels."""
    points = read_query(
        connection,
        """
        SELECT p.x, p.y, m.segment_id, coalesce(s.churn_risk, 'unknown') AS churn_risk
        FROM segment_map AS p
        INNER JOIN customer_segments AS m USING (customer_id)
        LEFT JOIN customer_churn_scores AS s USING (customer_id)
        """,
    )
    if points.is_empty():
        return None
    points = geometry.scaled(points, width=WIDTH, height=HEIGHT, margin=MARGIN)
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "customers": points.height,
        "by_segment": geometry.dots(points, "segment_id"),
        "by_risk": geometry.dots(points, "churn_risk"),
        "labels": map_labels(points, cards),
    }


def map_labels(points: pl.DataFrame, cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a label in the middle of each segment's points, or close by where that is taken.

    The largest segments choose first; a label without room is left to the key below the map.
    """
    middles = points.group_by("segment_id").agg(pl.col("x", "y").median())
    at = {segment_id: (x, y) for segment_id, x, y in middles.iter_rows()}
    placed: list[dict[str, Any]] = []
    for card in cards:
        if card["segment_id"] not in at or card["segment_id"] == "S0":
            continue
        x, y = at[card["segment_id"]]
        half = LETTER * len(card["segment_name"])
        x = min(max(x, half + MARGIN), WIDTH - half - MARGIN)
        label = {"x": round(x), "half": half, "name": card["segment_name"]}
        for step in (0, 1, -1, 2, -2):
            label["y"] = round(y + step * LABEL_ROOM)
            is_inside = MARGIN < label["y"] < HEIGHT - MARGIN
            if is_inside and not any(_meet(label, other) for other in placed):
                placed.append(label)
                break
    return placed


def _meet(label: dict[str, Any], other: dict[str, Any]) -> bool:
    """Say whether two labels would lie over each other."""
    is_beside = abs(label["x"] - other["x"]) >= label["half"] + other["half"]
    return not is_beside and abs(label["y"] - other["y"]) < LABEL_ROOM

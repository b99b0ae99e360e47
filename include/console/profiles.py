"""The profiles: where each segment's median stands among all customers, feature by feature."""

from typing import Any

from include.console import wording
from include.console.colours import step_of
from include.console.features import FEATURES
from include.console.tables import rows
from include.warehouse import Connection

EVERYONE = "everyone"  # stands beside the segment ids where all customers are one more group


def feature_positions(connection: Connection) -> list[dict[str, Any]]:
    """Return each segment's median a feature, and where it stands among all customers (0 to 1).

    The position counts the customers below the median and half of those who equal it, from the
    overall median's own position: who has the same median is in the middle, at 0.5.
    """
    return rows(
        connection,
        f"""
        WITH wide AS (
            SELECT m.segment_id, f.* EXCLUDE (as_of, customer_id)
                REPLACE (f.spend_90d_amount::double AS spend_90d_amount)
            FROM mart_customer_features AS f
            INNER JOIN customer_segments AS m USING (customer_id)
        ),
        long AS (UNPIVOT wide ON {", ".join(FEATURES)} INTO NAME feature VALUE value),
        inside AS (
            SELECT coalesce(segment_id, '{EVERYONE}') AS segment_id, feature,
                median(value) AS median
            FROM long GROUP BY GROUPING SETS ((segment_id, feature), (feature))
        ),
        placed AS (
            SELECT
                i.segment_id, i.feature,
                avg(CASE WHEN l.value < i.median THEN 1 WHEN l.value = i.median THEN 0.5 ELSE 0 END)
                    AS position
            FROM inside AS i INNER JOIN long AS l USING (feature)
            GROUP BY i.segment_id, i.feature
        )
        SELECT
            i.segment_id, i.feature, i.median, o.median AS overall,
            round(least(1, greatest(0, 0.5 + p.position - q.position)), 4) AS position
        FROM inside AS i
        INNER JOIN placed AS p USING (segment_id, feature)
        INNER JOIN inside AS o ON i.feature = o.feature AND o.segment_id = '{EVERYONE}'
        INNER JOIN placed AS q ON i.feature = q.feature AND q.segment_id = '{EVERYONE}'
        WHERE i.segment_id <> '{EVERYONE}'
        ORDER BY i.segment_id, i.feature
        """,
    )


def heat_map(positions: list[dict[str, Any]], order: list[str]) -> list[dict[str, Any]]:
    """Return a row a feature that anybody has a value of, and a cell a segment."""
    placed = {(p["feature"], p["segment_id"]): p for p in positions}
    table = []
    for name, feature in FEATURES.items():
        known = [placed.get((name, segment_id)) for segment_id in order]
        if not any(known):
            continue
        table.append(
            {
                "label": feature.label,
                "source": feature.source,
                "overall": wording.measure(next(k["overall"] for k in known if k), feature.kind),
                "cells": [
                    {
                        "text": wording.measure(k["median"], feature.kind),
                        "step": step_of(k["position"]),
                        "position": k["position"],
                    }
                    if k
                    else None
                    for k in known
                ],
            }
        )
    return table

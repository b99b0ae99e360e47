"""The RFM map: the five-by-five grid of recency and frequency, and the named RFM segments."""

from dataclasses import dataclass
from typing import Any

from include.console import geometry
from include.console.colours import step_of
from include.console.tables import rows
from include.warehouse import Connection

SCORES = (5, 4, 3, 2, 1)
TREEMAP_RATIO = 1.55


@dataclass(frozen=True, kw_only=True)
class Rfm:
    """The grid (frequency falls from row to row, recency rises from cell to cell) and the names."""

    grid: list[list[dict[str, Any]]]
    named: list[dict[str, Any]]


def rfm(connection: Connection) -> Rfm:
    """Gather the RFM section."""
    return Rfm(grid=grid(connection), named=named_segments(connection))


def grid(connection: Connection) -> list[list[dict[str, Any]]]:
    """Return the grid's cells with their customers and typical spend; none without customers."""
    found = {
        (row["recency_score"], row["frequency_score"]): row
        for row in rows(
            connection,
            """
            SELECT
                recency_score, frequency_score, count(*) AS customers,
                median(monetary_amount) AS monetary,
                rank() OVER (ORDER BY median(monetary_amount)) AS place,
                count(*) OVER () AS cells
            FROM mart_customer_rfm
            WHERE recency_score IS NOT NULL AND frequency_score IS NOT NULL
            GROUP BY recency_score, frequency_score
            """,
        )
    }
    if not found:
        return []
    most = max(float(row["monetary"]) for row in found.values()) or 1.0
    empty = {"customers": 0, "monetary": None, "step": None}
    return [
        [
            {**row, "step": step_of((float(row["monetary"]) / most) ** 0.75), **place}
            if (row := found.get((recency, frequency)))
            else {**empty, **place}
            for recency in reversed(SCORES)
            if (place := {"recency": recency, "frequency": frequency})
        ]
        for frequency in SCORES
    ]


def named_segments(connection: Connection) -> list[dict[str, Any]]:
    """Return the named RFM segments, largest first, each with its box of the treemap."""
    named = rows(
        connection,
        """
        SELECT
            rfm_segment AS name,
            count(*) AS customers,
            count(*) / sum(count(*)) OVER () AS share,
            median(recency_days) AS recency,
            median(frequency_orders) AS frequency,
            median(monetary_amount) AS monetary,
            sum(monetary_amount) / nullif(sum(sum(monetary_amount)) OVER (), 0) AS monetary_share,
            avg(recency_score) AS score
        FROM mart_customer_rfm
        WHERE rfm_segment IS NOT NULL
        GROUP BY rfm_segment
        ORDER BY customers DESC, name
        """,
    )
    boxes = geometry.treemap([row["customers"] for row in named], ratio=TREEMAP_RATIO)
    for row, box in zip(named, boxes, strict=True):
        row["box"] = box
        row["step"] = step_of((row["score"] - 1) / 4)
    return named

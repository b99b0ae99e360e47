"""The top of the page: key figures, revenue by week, what is made up, and what was published."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from include.console import geometry, wording
from include.console.tables import one, rows
from include.warehouse import Connection, literal

ACTIVE_DAYS = 30  # the churn label's window: no order in it is what the model calls churned
REVENUE_DAYS = 90
WEEKS = 26


@dataclass(frozen=True, kw_only=True)
class Headline:
    """What a reader sees first."""

    figures: dict[str, Any]
    revenue_change: float | None
    weekly: list[dict[str, Any]]
    sparkline: geometry.Line | None
    labels: list[dict[str, str]]
    made_up: dict[str, str]
    publication: dict[str, Any]
    models: list[dict[str, Any]]


def headline(connection: Connection, as_of: date) -> Headline:
    """Gather the top of the page."""
    weekly = revenue_by_week(connection, as_of)
    labelled = labels(connection)
    return Headline(
        figures=key_figures(connection),
        revenue_change=revenue_change(connection, as_of),
        weekly=weekly,
        sparkline=geometry.line([float(week["amount"]) for week in weekly], width=240, height=44),
        labels=labelled,
        made_up={entry["source"]: entry["label"] for entry in labelled},
        publication=one(
            connection,
            "SELECT p.*, t.* FROM publication AS p, (SELECT count(*) AS tables, "
            "coalesce(sum(rows), 0)::bigint AS rows FROM table_digests) AS t",
        ),
        models=rows(
            connection,
            "SELECT model, model_version, trained_as_of FROM model_versions ORDER BY model DESC",
        ),
    )


def key_figures(connection: Connection) -> dict[str, Any]:
    """Count customers, the active and the endangered ones, and what they spend."""
    return one(
        connection,
        f"""
        SELECT
            count(*) AS customers,
            count(*) FILTER (r.recency_days <= {ACTIVE_DAYS}) AS active,
            sum(f.spend_90d_amount) AS revenue,
            count(s.customer_id) AS scored,
            count(*) FILTER (s.churn_risk = 'high') AS at_risk,
            coalesce(sum(f.spend_90d_amount) FILTER (s.churn_risk = 'high'), 0) AS revenue_at_risk,
            (SELECT count(*) FROM segment_profiles WHERE segment_id <> 'S0') AS segments,
            (SELECT coalesce(sum(customers), 0)::bigint FROM segment_profiles
             WHERE segment_id = 'S0') AS unsegmented
        FROM mart_customer_rfm AS r
        LEFT JOIN mart_customer_features AS f USING (customer_id)
        LEFT JOIN customer_churn_scores AS s USING (customer_id)
        """,
    )


def revenue_change(connection: Connection, as_of: date) -> float | None:
    """Return the last 90 days' revenue against the 90 days before, where both were traded."""
    totals = one(
        connection,
        f"""
        WITH dated AS (
            SELECT {literal(as_of)}::date - ordered_at::date AS days_ago, order_amount
            FROM fct_orders
            WHERE ordered_at < {literal(as_of)}::date
        )
        SELECT
            sum(order_amount) FILTER (days_ago <= {REVENUE_DAYS}) AS recent,
            sum(order_amount) FILTER (
                days_ago > {REVENUE_DAYS} AND days_ago <= {2 * REVENUE_DAYS}
            ) AS before,
            max(days_ago) >= {2 * REVENUE_DAYS} AS is_whole
        FROM dated
        """,
    )
    if not totals["before"] or not totals["is_whole"]:
        return None
    return float((totals["recent"] or 0) / totals["before"] - 1)


def revenue_by_week(connection: Connection, as_of: date) -> list[dict[str, Any]]:
    """Return the revenue of the last whole weeks before ``as_of``, oldest first."""
    return rows(
        connection,
        f"""
        WITH dated AS (
            SELECT ({literal(as_of)}::date - ordered_at::date - 1) // 7 AS weeks_ago, order_amount
            FROM fct_orders
            WHERE ordered_at < {literal(as_of)}::date
        )
        SELECT weeks_ago, sum(order_amount) AS amount
        FROM dated WHERE weeks_ago < {WEEKS} GROUP BY weeks_ago ORDER BY weeks_ago DESC
        """,
    )


def labels(connection: Connection) -> list[dict[str, str]]:
    """Return what is said about the origin of data, one entry a source entity."""
    found = rows(
        connection,
        "SELECT source || '.' || entity AS name, label FROM labels "
        "WHERE label IS NOT NULL ORDER BY ALL",
    )
    return [
        {
            "name": name,
            "source": name.partition(".")[0],
            "label": "; ".join(wording.spoken(row["label"]).rstrip(".") for row in group),
        }
        for name, group in groupby(found, key=lambda row: str(row["name"]))
    ]

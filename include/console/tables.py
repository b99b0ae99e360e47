"""Every table the pages read, opened read-only, with exactly the columns they rely on.

A table or column that a publication does not carry reads as empty or null, so that a page says
what is missing instead of breaking.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from include.console.features import FEATURES
from include.warehouse import Connection, connect, has_table, literal, quoted, read_query

READS: Mapping[str, Mapping[str, str]] = {
    "meta.publication": {"as_of": "date", "run_id": "varchar", "code_version": "varchar"},
    "meta.batches": {
        "source": "varchar",
        "entity": "varchar",
        "delivered_on": "date",
        "rows_delivered": "bigint",
        "rows_landed": "bigint",
        "rows_quarantined": "bigint",
        "status": "varchar",
        "path": "varchar",
        "reason": "varchar",
    },
    "meta.quarantine_reasons": {
        "source": "varchar",
        "entity": "varchar",
        "reason": "varchar",
        "rows": "bigint",
    },
    "meta.gate_results": {
        "gate": "varchar",
        "suite": "varchar",
        "expectation": "varchar",
        "column_name": "varchar",
        "severity": "varchar",
        "success": "boolean",
        "observed_count": "bigint",
        "unexpected_count": "bigint",
        "notes": "varchar",
    },
    "meta.exports": {
        "as_of": "date",
        "channel": "varchar",
        "audience": "varchar",
        "rows": "bigint",
        "added": "bigint",
        "removed": "bigint",
        "withheld": "bigint",
    },
    "meta.table_digests": {"table_name": "varchar", "rows": "bigint", "digest": "varchar"},
    "meta.labels": {"source": "varchar", "entity": "varchar", "label": "varchar"},
    "marts.fct_orders": {"ordered_at": "timestamp", "order_amount": "decimal(18, 2)"},
    "marts.mart_customer_rfm": {
        "as_of": "date",
        "customer_id": "varchar",
        "recency_days": "bigint",
        "frequency_orders": "bigint",
        "monetary_amount": "decimal(18, 2)",
        "recency_score": "bigint",
        "frequency_score": "bigint",
        "rfm_segment": "varchar",
    },
    "marts.dim_customers": {
        "customer_id": "varchar",
        "age_band": "varchar",
        "income_band": "varchar",
        "household_composition": "varchar",
        "home_ownership": "varchar",
    },
    "marts.mart_customer_360": {
        "as_of": "date",
        "customer_id": "varchar",
        "favourite_category": "varchar",
        "favourite_weekday": "varchar",
        "favourite_daypart": "varchar",
    },
    "marts.mart_customer_features": {
        "as_of": "date",
        "customer_id": "varchar",
        **dict.fromkeys(FEATURES, "double"),
        "spend_90d_amount": "decimal(18, 2)",
    },
    "ml.customer_segments": {
        "as_of": "date",
        "customer_id": "varchar",
        "segment_id": "varchar",
        "is_weak": "boolean",
    },
    "ml.segment_profiles": {
        "as_of": "date",
        "segment_id": "varchar",
        "segment_name": "varchar",
        "description": "varchar",
        "suggested_action": "varchar",
        "customers": "bigint",
        "customer_share": "decimal(9, 4)",
        "recency_days": "decimal(18, 2)",
        "frequency_orders": "decimal(18, 2)",
        "monetary_amount": "decimal(18, 2)",
        "model_version": "varchar",
    },
    "ml.segment_traits": {
        "as_of": "date",
        "segment_id": "varchar",
        "feature": "varchar",
        "effect_size": "decimal(6, 4)",
        "segment_median": "double",
        "rest_median": "double",
    },
    "ml.segment_tree": {
        "as_of": "date",
        "node": "bigint",
        "parent_node": "bigint",
        "density_from": "double",
        "density_to": "double",
        "customers": "bigint",
        "segment_id": "varchar",
    },
    "ml.segment_flows": {
        "as_of": "date",
        "span": "varchar",
        "from_date": "date",
        "from_segment_id": "varchar",
        "from_segment_name": "varchar",
        "to_segment_id": "varchar",
        "to_segment_name": "varchar",
        "customers": "bigint",
        "from_model_version": "varchar",
        "to_model_version": "varchar",
    },
    "ml.segment_challengers": {
        "as_of": "date",
        "model_version": "varchar",
        "trained_as_of": "date",
        "verdict": "varchar",
        "what_to_do": "varchar",
    },
    "ml.segment_refusals": {"as_of": "date", "reason": "varchar"},
    "ml.segment_map": {
        "as_of": "date",
        "customer_id": "varchar",
        "x": "decimal(18, 4)",
        "y": "decimal(18, 4)",
    },
    "ml.customer_churn_scores": {
        "as_of": "date",
        "customer_id": "varchar",
        "churn_score": "decimal(9, 6)",
        "churn_risk": "varchar",
    },
    "ml.model_metrics": {
        "as_of": "date",
        "model": "varchar",
        "metric": "varchar",
        "value": "decimal(18, 6)",
    },
    "ml.churn_calibration": {
        "as_of": "date",
        "bin": "integer",
        "customers": "bigint",
        "predicted": "decimal(9, 6)",
        "observed": "decimal(9, 6)",
    },
    "ml.churn_lift": {
        "as_of": "date",
        "decile": "integer",
        "customers": "bigint",
        "observed": "decimal(18, 6)",
        "lift": "decimal(18, 6)",
    },
    "ml.feature_importance": {
        "as_of": "date",
        "model": "varchar",
        "feature": "varchar",
        "importance": "decimal(18, 6)",
    },
    "ml.model_versions": {
        "as_of": "date",
        "model": "varchar",
        "model_version": "varchar",
        "trained_as_of": "date",
    },
}

# Views of every day up to the one that is shown: what they are called, whose rows they are.
PASTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "segment_sizes": (
        "ml.segment_profiles",
        {
            "as_of": "date",
            "segment_id": "varchar",
            "segment_name": "varchar",
            "customer_share": "decimal(9, 4)",
        },
    ),
    "segment_events": (
        "ml.segment_lifecycle",
        {
            "as_of": "date",
            "event": "varchar",
            "segment_id": "varchar",
            "segment_name": "varchar",
            "other_segment_name": "varchar",
            "shared_customers": "bigint",
            "evidence": "varchar",
        },
    ),
}


class PublicationMissingError(RuntimeError):
    """There is no publication of the asked day to make a page of."""


def published_day(path: Path) -> date:
    """Return the day the file at ``path`` is published for."""
    _require(path)
    with connect(path, read_only=True) as connection:
        known = has_table(connection, "meta.publication")
        query = "SELECT max(as_of) AS as_of FROM meta.publication"
        day = one(connection, query)["as_of"] if known else None
    if not isinstance(day, date):
        raise PublicationMissingError(f"{path} carries no publication. Run the DAG's publish task.")
    return day


@contextmanager
def publication(path: Path, as_of: date) -> Iterator[Connection]:
    """Open the published file with one temporary view a table of ``READS``, the day's rows only.

    Raises :class:`PublicationMissingError` where no file is there, or it is of another day.
    """
    _require(path)
    with connect(path, read_only=True) as connection:
        for table, columns in READS.items():
            connection.execute(_view(connection, table, columns, as_of))
        for name, (table, columns) in PASTS.items():
            connection.execute(_view(connection, table, columns, as_of, past=name))
        published = rows(connection, "SELECT as_of FROM publication")
        if published != [{"as_of": as_of}]:
            found = ", ".join(str(row["as_of"]) for row in published) or "no day at all"
            raise PublicationMissingError(
                f"{path} is published for {found}, not for {as_of}. Publish {as_of}, or ask for "
                "the day that is published."
            )
        yield connection


def rows(connection: Connection, query: str) -> list[dict[str, Any]]:
    """Return what ``query`` selects, a dictionary a row; for the few rows a page shows."""
    return read_query(connection, query).to_dicts()


def one(connection: Connection, query: str) -> dict[str, Any]:
    """Return the only row of an aggregate without groups."""
    (row,) = rows(connection, query)
    return row


def _require(path: Path) -> None:
    """Raise where nothing has been published yet."""
    if not path.exists():
        raise PublicationMissingError(
            f"There is no published file at {path}. Run the DAG up to its publish task first."
        )


def _view(
    connection: Connection, table: str, columns: Mapping[str, str], as_of: date, *, past: str = ""
) -> str:
    """Return the SQL of a view of the day's rows: missing columns null, a missing table empty.

    ``past`` is the name of a view that has the days before, too.
    """
    name = quoted(past or table.split(".")[1])
    if not has_table(connection, table):
        nulls = ", ".join(f"NULL::{kind} AS {quoted(c)}" for c, kind in columns.items())
        return f"CREATE TEMP VIEW {name} AS SELECT {nulls} WHERE false"
    present = {row[0] for row in connection.execute(f"DESCRIBE {quoted(table)}").fetchall()}
    selected = ", ".join(
        f"{quoted(c) if c in present else 'NULL'}::{kind} AS {quoted(c)}"
        for c, kind in columns.items()
    )
    is_daily = "as_of" in columns and table != "meta.publication"
    which = "<=" if past else "="
    day = f"as_of {which} {literal(as_of)}" if is_daily and "as_of" in present else "true"
    return f"CREATE TEMP VIEW {name} AS SELECT {selected} FROM {quoted(table)} WHERE {day}"

"""Data quality and delivery: what landed, what was set aside and why, gates, and exports."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from include.console import wording
from include.console.tables import rows
from include.warehouse import Connection


@dataclass(frozen=True, kw_only=True)
class Quality:
    """What came in, what the gates said, and what went out."""

    entities: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    late: list[dict[str, Any]]
    absent: list[str]
    reasons: list[dict[str, Any]]
    suites: list[dict[str, Any]]
    gates: dict[str, int]
    findings: list[dict[str, Any]]
    exports: list[dict[str, Any]]


def quality(connection: Connection) -> Quality:
    """Gather the sections on data quality and audiences."""
    results = gate_results(connection)
    return Quality(
        entities=landed_entities(connection),
        refused=rows(
            connection,
            "SELECT path, reason FROM batches WHERE status = 'refused' ORDER BY path, reason",
        ),
        late=rows(
            connection,
            "SELECT source || '.' || entity AS name, note FROM freshness "
            "WHERE verdict <> 'fresh' AND newest_on IS NOT NULL ORDER BY name",
        ),
        absent=[
            row["name"]
            for row in rows(
                connection,
                "SELECT source || '.' || entity AS name FROM freshness "
                "WHERE verdict <> 'fresh' AND newest_on IS NULL ORDER BY name",
            )
        ],
        reasons=quarantine_reasons(connection),
        suites=[
            {"gate": gate, "suite": suite, "results": list(group)}
            for (gate, suite), group in groupby(results, key=lambda r: (r["gate"], r["suite"]))
        ],
        gates=tally(results),
        findings=[result for result in results if result["outcome"] != "passed"],
        exports=exports(connection),
    )


def landed_entities(connection: Connection) -> list[dict[str, Any]]:
    """Return the rows delivered, landed and quarantined of each source entity."""
    return rows(
        connection,
        """
        SELECT
            source || '.' || entity AS name,
            count(*) AS files,
            sum(rows_delivered)::bigint AS delivered,
            sum(rows_landed)::bigint AS landed,
            sum(rows_quarantined)::bigint AS quarantined,
            max(delivered_on) AS newest,
            sum(rows_delivered) = sum(rows_landed) + sum(rows_quarantined) AS is_balanced
        FROM batches WHERE status = 'landed'
        GROUP BY source, entity ORDER BY delivered DESC, name
        """,
    )


def quarantine_reasons(connection: Connection) -> list[dict[str, Any]]:
    """Return why rows were set aside, the commonest reason first, each against the first."""
    reasons = rows(
        connection,
        """
        SELECT source || '.' || entity AS name, reason, rows, rows / max(rows) OVER () AS part
        FROM quarantine_reasons ORDER BY rows DESC, name, reason LIMIT 12
        """,
    )
    return [{**row, "part": round(float(row["part"]), 4)} for row in reasons]


def gate_results(connection: Connection) -> list[dict[str, Any]]:
    """Return each promise a gate checked, in words, as passed, warning or failed."""
    found = rows(
        connection,
        """
        SELECT *, CASE WHEN success THEN 'passed' WHEN severity = 'critical' THEN 'failed'
            ELSE 'warning' END AS outcome
        FROM gate_results ORDER BY gate, suite, expectation, column_name, notes
        """,
    )
    for result in found:
        result["words"] = expectation_words(result["expectation"] or "", result["column_name"])
    return found


def expectation_words(expectation: str, column: str | None) -> str:
    """Turn ``expect_column_values_to_be_unique`` and a column into words."""
    words = expectation.removeprefix("expect_").removeprefix("column_").removeprefix("values_")
    return f"{column}: {wording.spoken(words)}" if column else wording.spoken(words)


def tally(results: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Count the outcomes, those that did not happen too."""
    counts = {"passed": 0, "warning": 0, "failed": 0}
    for result in results:
        counts[result["outcome"]] += 1
    return counts


def exports(connection: Connection) -> list[dict[str, Any]]:
    """Return each audience that went out, and how many were withheld for want of consent."""
    return rows(
        connection,
        "SELECT channel, audience, rows, added, removed, withheld FROM exports "
        "WHERE audience IS NOT NULL ORDER BY channel, audience",
    )

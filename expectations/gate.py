"""Gate: hold a day's tables to their suites, write down what was found, and stop what must stop.

A critical promise that is broken, or any that could not be checked, stops the day; a warning is
logged and counted. What leaves this module are counts and our own words, never a value of a row.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from types import ModuleType

import polars as pl

from expectations import data_docs, landed, marts, scored
from expectations.engine import open_datasource
from expectations.findings import Finding, check_suite, missing
from include.settings import Settings
from include.warehouse import Connection, connect, has_table

logger = logging.getLogger(__name__)

GATES: dict[str, ModuleType] = {"landed": landed, "marts": marts, "scored": scored}


class GateFailedError(RuntimeError):
    """A critical promise is broken, or one could not be checked; the day must stop here."""


def run(gate: str, as_of: str) -> dict[str, int]:
    """Hold the day to ``gate`` as the scheduler sees it: paths from settings, a date as text."""
    settings = Settings.from_env()
    return check(
        gate=gate,
        as_of=date.fromisoformat(as_of),
        database=settings.raw if gate == "landed" else settings.marts,
        ledger=settings.raw,
        docs=settings.docs / "quality",
    )


def check(*, gate: str, as_of: date, database: Path, ledger: Path, docs: Path) -> dict[str, int]:
    """Check every suite of ``gate`` on ``database``; return how many promises held and warned.

    What was found goes to ``ops.gate_results`` in ``ledger`` and to a page in ``docs``, whatever
    it is. Raises :class:`GateFailedError` where a critical promise is broken, or where any promise
    could not be checked.
    """
    if not database.is_file():
        message = (
            f"Gate '{gate}' has nothing to check as of {as_of}: {database} is not there. "
            "Run the stage before this gate, then clear this task."
        )
        raise GateFailedError(message)
    findings = examine(GATES[gate], database=database, as_of=as_of)
    with connect(ledger) as connection:
        record(connection, findings, gate=gate, as_of=as_of)
        data_docs.write(connection, docs, as_of=as_of)
    return judge(findings, gate=gate, as_of=as_of)


def examine(suites: ModuleType, *, database: Path, as_of: date) -> list[Finding]:
    """Check every suite of a gate; the file is closed again before this returns."""
    with connect(database, read_only=True) as connection:
        there = {suite.name for suite in suites.SUITES if has_table(connection, suite.name)}
    findings = []
    with open_datasource(database) as source:
        for suite in suites.SUITES:
            if suite.name not in there:
                findings.append(missing(suite.name, suite.expectations))
                continue
            rows = suites.rows(suite.name, as_of)
            findings += check_suite(suite.name, suite.expectations, source, rows=rows, as_of=as_of)
    return findings


def record(connection: Connection, findings: Sequence[Finding], *, gate: str, as_of: date) -> None:
    """Make ``findings`` the results of this gate on this day; other gates' and days' stay."""
    rows = pl.DataFrame([asdict(finding) for finding in findings], infer_schema_length=None)
    connection.register("_findings", rows)
    connection.execute("BEGIN")
    connection.execute("CREATE SCHEMA IF NOT EXISTS ops")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS ops.gate_results (as_of date, gate varchar, suite varchar, "
        "expectation varchar, column_name varchar, severity varchar, success boolean, "
        "observed_count bigint, unexpected_count bigint, notes varchar)"
    )
    connection.execute("DELETE FROM ops.gate_results WHERE as_of = ? AND gate = ?", [as_of, gate])
    connection.execute(
        "INSERT INTO ops.gate_results BY NAME SELECT ?::date AS as_of, ? AS gate, * FROM _findings",
        [as_of, gate],
    )
    connection.execute("COMMIT")
    connection.unregister("_findings")


def judge(findings: Sequence[Finding], *, gate: str, as_of: date) -> dict[str, int]:
    """Log what is to be known, and raise where the day must stop."""
    broken = [finding for finding in findings if finding.stops_the_day]
    warnings = [finding for finding in findings if not finding.success and finding not in broken]
    for finding in warnings:
        logger.warning("%s", finding)
    if broken:
        lines = "\n".join(f"  - {finding}" for finding in broken)
        message = (
            f"Gate '{gate}' stopped {as_of}: {len(broken)} of {len(findings)} promises are broken "
            f"and critical.\n{lines}\n"
            "Nothing after this gate runs, and yesterday's publication stays. Look at "
            f"ops.gate_results or docs/quality/{as_of}/, mend the data or the code, then clear "
            "this task."
        )
        raise GateFailedError(message)
    held = sum(finding.success for finding in findings)
    logger.info("Gate '%s' let %s pass: %d held, %d warned", gate, as_of, held, len(warnings))
    return {"expectations": len(findings), "held": held, "warnings": len(warnings), "critical": 0}

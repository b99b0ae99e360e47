"""Profile: what a batch's columns look like, and how far that is from the batches before it.

Shares, counts and bounds only. Of a column with a classification no least or greatest value is
kept: it would be somebody's.
"""

from dataclasses import dataclass
from typing import Any

from include.landing.alarms import QUIET, Alarm
from include.landing.contract import Column, Contract
from include.landing.delivery import Arrival
from include.landing.errors import ExtractRefusedError
from include.warehouse import Connection, literal, quoted, quoted_column

CREATE = """CREATE TABLE IF NOT EXISTS ops.batch_profiles (
    batch_id varchar NOT NULL,
    source varchar NOT NULL,
    entity varchar NOT NULL,
    delivered_on date NOT NULL,
    rows_delivered bigint NOT NULL,
    column_name varchar NOT NULL,
    rows bigint NOT NULL,
    null_share double,
    distinct_estimate bigint NOT NULL,
    least varchar,
    greatest varchar
)"""
DISTINCT_ROWS = 1_000_000  # distinct values are estimated from a file's first rows: bounded work
HISTORY = 7  # batches compared with: a week of daily deliveries
ENOUGH = 3  # batches that make a history; two may both be odd
_BOUNDED = ("integer", "number", "date", "timestamp")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One change against the history, and whether it keeps the file out."""

    text: str
    stops: bool


def record_profile(
    connection: Connection, contract: Contract, arrival: Arrival, *, delivered: int
) -> None:
    """Write one line a column about the batch's rows in the raw table."""
    forget_profile(connection, contract, arrival.batch_id)
    rows, measures = _measure(connection, contract, arrival.batch_id)
    batch = [arrival.batch_id, contract.source, contract.entity, arrival.delivered_on, delivered]
    lines = [
        [*batch, column.name, rows, 1 - filled / rows if rows else None, distinct, least, greatest]
        for column, (filled, least, greatest, distinct) in zip(
            contract.columns, measures, strict=True
        )
    ]
    marks = ", ".join("?" for _ in lines[0])
    connection.executemany(f"INSERT INTO ops.batch_profiles VALUES ({marks})", lines)


def forget_profile(connection: Connection, contract: Contract, batch_id: str) -> None:
    """Take a batch's profile away."""
    connection.execute(
        "DELETE FROM ops.batch_profiles WHERE source = ? AND entity = ? AND batch_id = ?",
        [contract.source, contract.entity, batch_id],
    )


def _measure(
    connection: Connection, contract: Contract, batch_id: str
) -> tuple[int, list[tuple[Any, ...]]]:
    """Return the batch's rows, and each column's filled rows, least, greatest and distinct."""
    this = f"FROM {quoted(contract.table)} WHERE _batch_id = {literal(batch_id)}"
    wanted = [part for column in contract.columns for part in _measures(column)]
    distinct = [f"approx_count_distinct({quoted_column(c.name)})" for c in contract.columns]
    [(rows, *found)] = connection.execute(f"SELECT count(*), {', '.join(wanted)} {this}").fetchall()
    [estimates] = connection.execute(
        f"SELECT {', '.join(distinct)} {this} AND _row_number <= {DISTINCT_ROWS}"
    ).fetchall()
    triples = zip(found[::3], found[1::3], found[2::3], estimates, strict=True)
    return int(rows), list(triples)


def _measures(column: Column) -> tuple[str, str, str]:
    name = quoted_column(column.name)
    if column.logical_type not in _BOUNDED or column.classification:
        return f"count({name})", "NULL", "NULL"
    return f"count({name})", f"min({name})::varchar", f"max({name})::varchar"


def compare(connection: Connection, contract: Contract, arrival: Arrival) -> list[Finding]:
    """Return where the batch differs from those delivered before it by more than allowed."""
    if contract.row_count_drop == contract.null_share_rise == QUIET:
        return []
    history = connection.execute(
        "WITH recent AS (SELECT DISTINCT batch_id, delivered_on FROM ops.batch_profiles "
        "WHERE source = $source AND entity = $entity AND delivered_on < $day "
        f"ORDER BY delivered_on DESC, batch_id LIMIT {HISTORY}), "
        "usual AS (SELECT column_name, count(*) AS batches, median(rows_delivered) AS rows, "
        "median(null_share) AS nulls FROM ops.batch_profiles SEMI JOIN recent USING (batch_id) "
        "WHERE source = $source AND entity = $entity GROUP BY column_name) "
        "SELECT now.column_name, now.rows_delivered, now.null_share, usual.rows, usual.nulls "
        "FROM ops.batch_profiles AS now JOIN usual USING (column_name) "
        "WHERE now.source = $source AND now.entity = $entity AND now.batch_id = $id "
        f"AND usual.batches >= {ENOUGH} ORDER BY ALL",
        {
            "source": contract.source,
            "entity": contract.entity,
            "day": arrival.delivered_on,
            "id": arrival.batch_id,
        },
    ).fetchall()
    findings: list[Finding | None] = []
    for name, rows, nulls, usual_rows, usual_nulls in history:
        if name == contract.columns[0].name and usual_rows:
            drop = 1 - rows / usual_rows
            said = f"{rows} rows, {drop:.0%} fewer than the usual {usual_rows:g}"
            findings.append(_found(contract.row_count_drop, drop, said, "rowCountDrop"))
        if nulls is not None and usual_nulls is not None:
            said = f"{name}: {nulls:.0%} empty, usually {usual_nulls:.0%}"
            rise = nulls - usual_nulls
            findings.append(_found(contract.null_share_rise, rise, said, "nullShareRise"))
    return [finding for finding in findings if finding]


def _found(alarm: Alarm, change: float, said: str, name: str) -> Finding | None:
    for share, stops in ((alarm.stop, True), (alarm.warn, False)):
        if share is not None and change >= share:
            return Finding(text=f"{said} ({name} {share:g})", stops=stops)
    return None


def refuse_if_stopped(contract: Contract, findings: list[Finding]) -> None:
    """Refuse the file where a change is one the contract stops at."""
    if stopping := [finding.text for finding in findings if finding.stops]:
        raise ExtractRefusedError(
            f"it differs too much from the deliveries before it: {'; '.join(stopping)}; if it is "
            f"right, raise the limit in {contract.file.name}"
        )

"""Ledger: the tables ``ops.batches`` and ``ops.quarantined_rows``, and the questions put to them.

One row a batch: a file's bytes, delivered on a day. Its status is what holds now: ``landed``,
``replaced`` (the same path was delivered again with other bytes) or ``refused``.
"""

from datetime import date
from typing import NamedTuple

from include.landing.batch import Counts
from include.landing.contract import Contract
from include.landing.delivery import Arrival
from include.warehouse import Connection, has_table, literal, quoted, quoted_column

BATCHES, QUARANTINE = "ops.batches", "ops.quarantined_rows"

_CREATE = (
    "CREATE SCHEMA IF NOT EXISTS ops",
    """CREATE TABLE IF NOT EXISTS ops.batches (
        batch_id varchar NOT NULL,
        source varchar NOT NULL,
        entity varchar NOT NULL,
        path varchar NOT NULL,
        delivered_on date NOT NULL,
        sha256 varchar NOT NULL,
        bytes bigint NOT NULL,
        rows_delivered bigint,
        rows_landed bigint,
        rows_quarantined bigint,
        contract_version varchar NOT NULL,
        status varchar NOT NULL CHECK (status IN ('landed', 'replaced', 'refused')),
        reason varchar,
        landed_as_of date NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS ops.quarantined_rows (
        batch_id varchar NOT NULL,
        source varchar NOT NULL,
        entity varchar NOT NULL,
        row_number bigint NOT NULL,
        raw_text varchar,
        reasons varchar[] NOT NULL
    )""",
)

# Every landed file, and what became of its rows. `unaccounted` is 0, or landing is broken.
CONSERVATION = """
SELECT b.source, b.entity, b.path, b.rows_delivered, b.rows_landed, b.rows_quarantined,
    b.rows_delivered - b.rows_landed - b.rows_quarantined AS unaccounted
FROM ops.batches AS b
WHERE b.status = 'landed'
ORDER BY b.source, b.entity, b.delivered_on, b.path
"""

STATUS = """
SELECT source || '.' || entity AS extract, status, count(*) AS files,
    min(delivered_on) AS oldest, max(delivered_on) AS newest,
    sum(rows_delivered)::bigint AS delivered, sum(rows_landed)::bigint AS landed,
    sum(rows_quarantined)::bigint AS quarantined, max(reason) AS reason
FROM ops.batches
GROUP BY ALL
ORDER BY ALL
"""


class Landed(NamedTuple):
    """A batch whose rows are in the raw table now."""

    batch_id: str
    path: str
    sha256: str
    delivered_on: date


def create_tables(connection: Connection, contract: Contract) -> None:
    """Create the ledger and the contract's raw table where they are missing."""
    for statement in _CREATE:
        connection.execute(statement)
    columns = [f"{quoted_column(c.name)} {c.physical_type}" for c in contract.columns]
    columns += ["_batch_id varchar", "_row_number bigint", "_delivered_on date"]
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(contract.table.split('.')[0])}")
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {quoted(contract.table)} ({', '.join(columns)})"
    )
    label = literal(contract.label) if contract.label else "NULL"
    connection.execute(f"COMMENT ON TABLE {quoted(contract.table)} IS {label}")


def table_shape(connection: Connection, contract: Contract) -> list[tuple[str, str]]:
    """Return the raw table's columns and types as they are, without landing's own three."""
    rows = connection.execute(f"DESCRIBE {quoted(contract.table)}").fetchall()
    return [(str(row[0]), str(row[1]).lower().replace(" ", "")) for row in rows[:-3]]


def landed_batches(connection: Connection, contract: Contract) -> list[Landed]:
    """Return the batches whose rows are in the raw table now."""
    rows = connection.execute(
        "SELECT batch_id, path, sha256, delivered_on FROM ops.batches "
        "WHERE source = ? AND entity = ? AND status = 'landed'",
        [contract.source, contract.entity],
    ).fetchall()
    return [Landed(*row) for row in rows]


def record_landed(
    connection: Connection, contract: Contract, arrival: Arrival, counts: Counts, *, as_of: date
) -> None:
    """Write that the file landed, with what became of its rows."""
    row = _row(contract, arrival, as_of)
    row |= {"status": "landed", "rows_delivered": counts.delivered}
    row |= {"rows_landed": counts.landed, "rows_quarantined": counts.quarantined}
    _record(connection, row)


def record_refused(
    connection: Connection, contract: Contract, arrival: Arrival, reason: str, *, as_of: date
) -> None:
    """Write that the file was refused, and why; its rows were not counted."""
    _record(connection, _row(contract, arrival, as_of) | {"status": "refused", "reason": reason})


def _row(contract: Contract, arrival: Arrival, as_of: date) -> dict[str, object]:
    """Return what the ledger says of any file."""
    return {
        "batch_id": arrival.batch_id,
        "source": contract.source,
        "entity": contract.entity,
        "path": arrival.path,
        "delivered_on": arrival.delivered_on,
        "sha256": arrival.sha256,
        "bytes": arrival.size,
        "contract_version": contract.version,
        "landed_as_of": as_of,
    }


def _record(connection: Connection, row: dict[str, object]) -> None:
    """Write the batch's row, in place of whatever the ledger said about the batch before."""
    connection.execute(
        "DELETE FROM ops.batches WHERE source = ? AND entity = ? AND batch_id = ? AND path = ?",
        [row["source"], row["entity"], row["batch_id"], row["path"]],
    )
    marks = ", ".join("?" for _ in row)
    connection.execute(
        f"INSERT INTO ops.batches ({', '.join(row)}) VALUES ({marks})", list(row.values())
    )


def retire(connection: Connection, contract: Contract, batch_id: str, *, by: str) -> None:
    """Take a batch's rows out of the raw table and the quarantine, and mark it replaced."""
    connection.execute(f"DELETE FROM {quoted(contract.table)} WHERE _batch_id = ?", [batch_id])
    where = "WHERE source = ? AND entity = ? AND batch_id = ?"
    key = [contract.source, contract.entity, batch_id]
    connection.execute(f"DELETE FROM ops.quarantined_rows {where}", key)
    connection.execute(
        f"UPDATE ops.batches SET status = 'replaced', reason = ? {where} AND status = 'landed'",
        [f"the file came again with other bytes: {by}", *key],
    )


def has_ledger(connection: Connection) -> bool:
    """Say whether anything was ever landed here."""
    return has_table(connection, BATCHES)

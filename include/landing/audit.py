"""Audit: every file that was ever seen at the door, and every day that has to be built anew.

``ops.deliveries`` has one line a path and its bytes, whatever became of them; ``ops.batches`` says
only whose rows are where. ``ops.rebuilds`` has one line for each change to a day that had been;
``ops.publications``, which publication writes, counts the publications that may have shown it.
"""

from datetime import date
from typing import NamedTuple

from include.landing.contract import Contract
from include.landing.delivery import Arrival
from include.warehouse import Connection, has_table

DELIVERIES, REBUILDS = "ops.deliveries", "ops.rebuilds"
PUBLICATIONS = "ops.publications"

_CREATE = (
    """CREATE TABLE IF NOT EXISTS ops.deliveries (
        source varchar NOT NULL,
        entity varchar NOT NULL,
        path varchar NOT NULL,
        delivered_on date,
        sha256 varchar,
        bytes bigint,
        modified_ns bigint,
        verdict varchar NOT NULL
            CHECK (verdict IN ('landed', 'repeated', 'replaced', 'refused', 'no delivery')),
        batch_id varchar,
        note varchar,
        times_delivered bigint NOT NULL,
        first_seen_as_of date NOT NULL,
        last_seen_as_of date NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS ops.rebuilds (
        source varchar NOT NULL,
        entity varchar NOT NULL,
        from_date date NOT NULL,
        batch_id varchar NOT NULL,
        path varchar NOT NULL,
        why varchar NOT NULL,
        marked_as_of date NOT NULL,
        resolved_as_of date,
        published_before bigint
    )""",
    "ALTER TABLE ops.rebuilds ADD COLUMN IF NOT EXISTS published_before bigint",
)

_SAME = "source = $source AND entity = $entity AND path = $path AND sha256 = $sha"


class Verdict(NamedTuple):
    """What became of a file: one word, the batch its rows are in, and a note."""

    word: str
    batch_id: str | None = None
    note: str | None = None


def create_tables(connection: Connection) -> None:
    """Create the audit's tables where they are missing."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS ops")
    for statement in _CREATE:
        connection.execute(statement)


def record(
    connection: Connection, contract: Contract, arrival: Arrival, verdict: Verdict, *, as_of: date
) -> None:
    """Write what became of a file; the same bytes written to the same path again are counted."""
    seen = _key(contract, arrival.path, arrival.sha256)
    known = connection.execute(
        f"SELECT modified_ns, times_delivered FROM ops.deliveries WHERE {_SAME}", seen
    ).fetchall()
    note = verdict.note
    if known and known[0][0] != arrival.modified and verdict.word == "landed":
        note = note or "delivered again with the same bytes; nothing to do"
    values = {
        "modified": arrival.modified,
        "again": bool(known) and known[0][0] != arrival.modified,
        "word": verdict.word,
        "batch_id": verdict.batch_id,
        "note": note,
        "as_of": as_of,
    }
    if known:
        connection.execute(
            "UPDATE ops.deliveries SET modified_ns = $modified, verdict = $word, "
            "batch_id = $batch_id, "
            "note = CASE WHEN verdict = $word THEN coalesce($note, note) ELSE $note END, "
            "times_delivered = times_delivered + $again::int, "
            "first_seen_as_of = least(first_seen_as_of, $as_of), "
            f"last_seen_as_of = greatest(last_seen_as_of, $as_of) WHERE {_SAME}",
            seen | values,
        )
        return
    del values["again"]
    connection.execute(
        "INSERT INTO ops.deliveries VALUES ($source, $entity, $path, $delivered_on, $sha, $bytes, "
        "$modified, $word, $batch_id, $note, 1, $as_of, $as_of)",
        seen | values | {"delivered_on": arrival.delivered_on, "bytes": arrival.size},
    )


def record_strays(
    connection: Connection, contract: Contract, strays: list[tuple[str, str]], *, as_of: date
) -> None:
    """Write what lies in the folder and is no delivery; forget what lies there no more."""
    mine = [contract.source, contract.entity]
    connection.execute(
        "DELETE FROM ops.deliveries WHERE source = ? AND entity = ? AND verdict = 'no delivery'",
        mine,
    )
    for path, why in strays:
        connection.execute(
            "INSERT INTO ops.deliveries VALUES (?, ?, ?, NULL, NULL, NULL, NULL, 'no delivery', "
            "NULL, ?, 1, ?, ?)",
            [*mine, path, why, as_of, as_of],
        )


def mark_replaced(connection: Connection, contract: Contract, batch_id: str, *, note: str) -> None:
    """Say of the files whose rows were in a batch that they are there no more."""
    connection.execute(
        "UPDATE ops.deliveries SET verdict = 'replaced', batch_id = NULL, note = ? "
        "WHERE source = ? AND entity = ? AND batch_id = ? AND verdict IN ('landed', 'repeated')",
        [note, contract.source, contract.entity, batch_id],
    )


def mark_rebuild(
    connection: Connection, contract: Contract, arrival: Arrival, *, why: str, as_of: date
) -> None:
    """Write that whatever was built from ``arrival``'s day on has to be built anew."""
    connection.execute(
        "INSERT INTO ops.rebuilds VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?)",
        [
            contract.source,
            contract.entity,
            arrival.delivered_on,
            arrival.batch_id,
            arrival.path,
            why,
            as_of,
            published_so_far(connection),
        ],
    )


def published_so_far(connection: Connection) -> int:
    """Return the number of the last publication; 0 before the first."""
    if not has_table(connection, PUBLICATIONS):
        return 0
    [(number,)] = connection.execute(
        "SELECT coalesce(max(number), 0) FROM ops.publications"
    ).fetchall()
    return int(number)


def resolve_rebuilds(connection: Connection, *, up_to: date, as_of: date) -> int:
    """Close the marks whose first day is up to ``up_to``, and return how many there were."""
    closed = connection.execute(
        "UPDATE ops.rebuilds SET resolved_as_of = ? "
        "WHERE resolved_as_of IS NULL AND from_date <= ? RETURNING from_date",
        [as_of, up_to],
    ).fetchall()
    return len(closed)


def _key(contract: Contract, path: str, sha256: str | None) -> dict[str, object]:
    return {"source": contract.source, "entity": contract.entity, "path": path, "sha": sha256}

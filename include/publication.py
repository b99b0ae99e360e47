"""Publication: the whole, read-only copy of the marts that the outside may read.

Write, audit, publish: the file is copied, described and synced under a temporary name and takes
its place by one rename, after every gate of the day has passed. Readers of the old file keep it.
"""

import logging
import shutil
from datetime import date
from pathlib import Path

from include.settings import Settings
from include.warehouse import (
    Connection,
    canonical_digest,
    connect,
    has_table,
    literal,
    make_private_folder,
    quoted,
    read_query,
    sync_file,
)

logger = logging.getLogger(__name__)

GATES = ("landed", "marts", "scored")
PUBLISHED_SCHEMAS = ("marts", "ml", "activation")


class NotAuditedError(RuntimeError):
    """A gate of the day has not run, or has failed; nothing was published."""


def run(as_of: str, run_id: str) -> dict[str, int | str]:
    """Publish the day as the scheduler sees it: paths from settings, a date as text."""
    settings = Settings.from_env()
    return publish(
        as_of=date.fromisoformat(as_of),
        run_id=run_id,
        raw=settings.raw,
        marts=settings.marts,
        published=settings.published,
    )


def publish(
    *, as_of: date, run_id: str, raw: Path, marts: Path, published: Path
) -> dict[str, int | str]:
    """Put a described copy of ``marts`` where people read; return the file, its tables and rows.

    It replaces ``published``, unless that is of a later day: a back-fill of the past is published
    beside it, as ``<name>-<as_of>.duckdb``, and what analysts open stays the newest day.

    Raises :class:`NotAuditedError` unless every gate of ``as_of`` has passed.
    """
    with connect(raw, read_only=True) as connection:
        require_passed_gates(connection, as_of)
    with connect(marts) as connection:
        connection.execute("CHECKPOINT")  # the write-ahead log is not copied, so it must be empty

    make_private_folder(published.parent)
    published = place(published, as_of)
    draft = published.with_name(f".{published.name}.draft")
    for leftover in (draft, Path(f"{draft}.wal")):
        leftover.unlink(missing_ok=True)
    shutil.copyfile(marts, draft)
    with connect(draft, attach={"raw": raw}) as connection:
        drop_what_needs_the_raw_half(connection)
        counts = describe(connection, as_of=as_of, run_id=run_id)
        connection.execute("CHECKPOINT")
    draft.chmod(0o444)
    sync_file(draft)
    draft.replace(published)
    sync_file(published.parent)
    with connect(raw) as connection:
        note_publication(connection, as_of=as_of, run_id=run_id)
    logger.info("Published %s as of %s: %s", published, as_of, counts)
    return {"file": str(published), **counts}


def place(published: Path, as_of: date) -> Path:
    """Return where the day goes: ``published``, or beside it where that is of a later day."""
    if not published.exists():
        return published
    with connect(published, read_only=True) as connection:
        [(newest,)] = connection.execute("SELECT max(as_of) FROM meta.publication").fetchall()
    if newest <= as_of:
        return published
    return published.with_name(f"{published.stem}-{as_of}{published.suffix}")


def require_passed_gates(connection: Connection, as_of: date) -> None:
    """Raise unless each gate has results for ``as_of`` and none of its critical promises broke."""
    results: dict[str, int] = {}
    if has_table(connection, "ops.gate_results"):
        results = dict(
            connection.execute(
                "SELECT gate, count(*) FILTER (NOT success AND severity = 'critical') "
                "FROM ops.gate_results WHERE as_of = ? GROUP BY gate",
                [as_of],
            ).fetchall()
        )
    for gate in GATES:
        if gate not in results:
            raise NotAuditedError(
                f"Gate '{gate}' has not run for {as_of}, so nothing was published. "
                f"Run the whole DAG for {as_of}, or clear the gate's task."
            )
        if results[gate]:
            raise NotAuditedError(
                f"Gate '{gate}' broke {results[gate]} critical promise(s) for {as_of}, so nothing "
                "was published. See ops.gate_results or the Data Docs, mend the data, clear the "
                "gate's task."
            )


def note_publication(connection: Connection, *, as_of: date, run_id: str) -> None:
    """Count the publication in ``ops.publications``, and close the rebuild marks it settles.

    A mark of ``ops.rebuilds`` is settled when every day from its first one on that had been
    published before the mark has been published again since. What nobody had seen needs no more.
    """
    connection.execute("BEGIN")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS ops.publications "
        "(number bigint NOT NULL, as_of date NOT NULL, run_id varchar)"
    )
    connection.execute(
        "INSERT INTO ops.publications "
        "SELECT coalesce(max(number), 0) + 1, ?, ? FROM ops.publications",
        [as_of, run_id],
    )
    if has_table(connection, "ops.rebuilds"):
        closed = connection.execute(
            "WITH shown AS (SELECT as_of, max(number) AS number FROM ops.publications GROUP BY "
            "ALL), stale AS (SELECT r.rowid AS id FROM ops.rebuilds AS r JOIN shown "
            "ON shown.as_of >= r.from_date AND shown.number <= r.published_before) "
            "UPDATE ops.rebuilds SET resolved_as_of = ? WHERE resolved_as_of IS NULL "
            "AND published_before IS NOT NULL AND rowid NOT IN (SELECT id FROM stale) "
            "RETURNING from_date",
            [as_of],
        ).fetchall()
        if closed:
            logger.info("%d mark(s) of days to build anew are settled", len(closed))
    connection.execute("COMMIT")


def drop_what_needs_the_raw_half(connection: Connection) -> None:
    """Remove every view and every schema that is not for the outside."""
    schemas = [
        name
        for (name,) in connection.execute(
            "SELECT schema_name FROM information_schema.schemata "
            "WHERE catalog_name = current_database()"
        ).fetchall()
    ]
    kept = {*PUBLISHED_SCHEMAS, "main", "information_schema", "pg_catalog"}
    for schema in schemas:
        if schema not in kept:
            connection.execute(f"DROP SCHEMA {quoted(schema)} CASCADE")


def _copy_day(connection: Connection, table: str, *, as_of: date, missing: str) -> None:
    """Copy the day's rows of ``ops.<table>`` to ``meta``; its columns alone where it is not yet."""
    known = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = 'raw' "
        "AND schema_name = 'ops' AND table_name = ?",
        [table],
    ).fetchall()
    rows = f"SELECT * FROM raw.ops.{quoted(table)} WHERE as_of = {literal(as_of)} ORDER BY ALL"
    connection.execute(
        f"CREATE TABLE meta.{quoted(table)} AS {rows if known else f'SELECT {missing} LIMIT 0'}"
    )


def describe(connection: Connection, *, as_of: date, run_id: str) -> dict[str, int]:
    """Write ``meta.*``: what this publication is, what went in, and a digest a table."""
    connection.execute("CREATE SCHEMA meta")
    connection.execute(
        "CREATE TABLE meta.batches AS SELECT * FROM raw.ops.batches "
        "WHERE delivered_on <= ? ORDER BY source, entity, delivered_on, path, batch_id",
        [as_of],
    )
    connection.execute(
        "CREATE TABLE meta.quarantine_reasons AS SELECT q.source, q.entity, u.reason, "
        "count(*) AS rows FROM raw.ops.quarantined_rows AS q, unnest(q.reasons) AS u(reason) "
        "WHERE q.batch_id IN (SELECT batch_id FROM meta.batches WHERE status = 'landed') "
        "GROUP BY ALL ORDER BY ALL"
    )
    connection.execute(
        "CREATE TABLE meta.gate_results AS SELECT * FROM raw.ops.gate_results "
        "WHERE as_of = ? ORDER BY ALL",
        [as_of],
    )
    for table, missing in (
        ("exports", "NULL::date AS as_of, NULL::varchar AS channel"),
        ("freshness", "NULL::date AS as_of, NULL::varchar AS source, NULL::varchar AS verdict"),
    ):
        _copy_day(connection, table, as_of=as_of, missing=missing)
    connection.execute(
        "CREATE TABLE meta.labels AS "
        "SELECT schema_name[5:] AS source, table_name AS entity, comment AS label "
        "FROM duckdb_tables() WHERE database_name = 'raw' AND comment IS NOT NULL "
        "AND starts_with(schema_name, 'raw_') ORDER BY ALL"
    )
    tables = read_query(
        connection,
        "SELECT schema_name || '.' || table_name AS table_name FROM duckdb_tables() "
        f"WHERE database_name = current_database() AND schema_name IN {PUBLISHED_SCHEMAS} "
        "ORDER BY ALL",
    )["table_name"].to_list()
    connection.execute(
        "CREATE TABLE meta.table_digests (table_name varchar, rows bigint, digest varchar)"
    )
    for table in tables:
        connection.execute(
            f"INSERT INTO meta.table_digests SELECT ?, count(*), ? FROM {quoted(table)}",
            [table, canonical_digest(connection, table)],
        )
    connection.execute(
        "CREATE TABLE meta.publication AS SELECT ?::date AS as_of, ?::varchar AS run_id, "
        "?::varchar AS code_version, count(*) AS table_count, sum(rows)::bigint AS row_count, "
        "sha256(string_agg(table_name || digest, ',' ORDER BY table_name) "
        "FILTER (table_name <> 'ml.model_versions')) AS digest FROM meta.table_digests",
        [as_of, run_id, Settings.from_env().version()],
    )
    [(tables_published, rows)] = connection.execute(
        "SELECT table_count, row_count FROM meta.publication"
    ).fetchall()
    return {"tables": int(tables_published), "rows": int(rows)}

"""Warehouse: the only door to DuckDB. Connect, read, replace, digest, publish."""

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from include.settings import Settings

if TYPE_CHECKING:  # dbt's process needs neither, and they are a sixth of its start
    import polars as pl
    import pyarrow as pa

STORAGE_VERSION = "v1.5.0"  # analysts' 1.5 clients can open what 2.0 writes in this format

Connection = duckdb.DuckDBPyConnection
Error = duckdb.Error


class WarehouseBusyError(RuntimeError):
    """Another process holds the file; DuckDB admits one writer and then nobody else."""


@contextmanager
def connect(  # noqa: PLR0913 - each but the path is a limit of its own
    path: Path | None,
    *,
    read_only: bool = False,
    attach: Mapping[str, Path] | None = None,
    folders: tuple[Path, ...] = (),
    keeps_order: bool = True,
    memory_at_most: int | None = None,
) -> Iterator[Connection]:
    """Open ``path`` (None: in memory) with the house's limits, and close it on the way out.

    ``attach`` opens further files read-only under a name. ``folders`` are the only places beside
    the databases' own that SQL may read or write. Without ``keeps_order`` a table's rows lie in
    no stated order, and are written faster.
    ``memory_at_most`` (bytes) lowers the settings' limit. Configuration is locked afterwards.
    Raises :class:`WarehouseBusyError` where another process holds a file.
    """
    settings = Settings.from_env()
    if path is not None and not read_only:
        make_private_folder(path.parent)
    attached = dict(attach or {})
    homes = {p.parent for p in (path, *attached.values()) if p is not None}
    mask = os.umask(0o077)  # DuckDB creates its files as the mask allows: for the owner alone
    try:
        connection = duckdb.connect(
            str(path) if path else ":memory:",
            read_only=read_only,
            config={
                "memory_limit": settings.memory_limit,
                "threads": settings.threads,
                "preserve_insertion_order": "true" if keeps_order else "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                **({} if read_only else {"storage_compatibility_version": STORAGE_VERSION}),
            },
        )
    except duckdb.IOException as error:
        raise _explained(error, path) from error
    finally:
        os.umask(mask)
    try:
        if memory_at_most is not None:
            _lower_limit(connection, memory_at_most)
        spill = (path.parent if path else settings.home) / "tmp"
        confine(connection, folders={*homes, *folders}, spill=spill)
        for name, file in attached.items():
            try:
                connection.execute(f"ATTACH {literal(file)} AS {quoted(name)} (READ_ONLY)")
            except duckdb.IOException as error:
                raise _explained(error, file) from error
        yield connection
    finally:
        connection.close()


def _lower_limit(connection: Connection, at_most: int) -> None:
    """Let a connection have no more memory than ``at_most`` bytes, unless it has less already.

    So little is taken and given back all the time, so its blocks get a place of their own.
    """
    limit = "parse_formatted_bytes(current_setting('memory_limit'))"
    [(is_lower,)] = connection.execute(f"SELECT {at_most} < {limit}").fetchall()
    if is_lower:
        connection.execute(f"SET memory_limit = '{at_most}B'")
        connection.execute(f"SET block_allocator_memory = '{at_most}B'")


def confine(connection: Connection, *, folders: Collection[Path], spill: Path) -> None:
    """Keep SQL inside ``folders`` and ``spill``, for this connection's life and its cursors'.

    The configuration is locked, so no later statement can take any of it back.
    """
    connection.execute("SET GLOBAL TimeZone = 'UTC'")  # global: a cursor starts from it
    connection.execute(f"SET temp_directory = {literal(spill)}")
    allowed = ", ".join(literal(folder) for folder in sorted({*folders, spill}))
    connection.execute(f"SET allowed_directories = [{allowed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _explained(error: duckdb.IOException, path: Path | None) -> Exception:
    """Turn DuckDB's lock error into one that says what to do; leave any other as it is."""
    if "lock" not in str(error).lower():
        return error
    return WarehouseBusyError(
        f"{path} is held by another process. Wait for it, or close it, then clear this task; "
        f"to look at data, open published/tessera.duckdb instead. DuckDB said: {error}"
    )


def is_fault_of_data(error: Error) -> bool:
    """Say whether DuckDB failed over what it read, not over disk, memory, locks or our SQL."""
    return type(error) in {
        duckdb.Error,  # what its Parquet reader raises over a damaged file
        duckdb.ConversionException,
        duckdb.InvalidInputException,
        duckdb.OutOfRangeException,
        duckdb.TypeMismatchException,
    }


def is_lack_of_memory(error: Error) -> bool:
    """Say whether DuckDB failed because its memory limit was reached, spill or not."""
    return isinstance(error, duckdb.OutOfMemoryException)


def make_private_folder(folder: Path) -> None:
    """Create ``folder``, and what is missing above it, readable by its owner alone."""
    for missing in reversed([folder, *folder.parents]):
        if not missing.exists():
            missing.mkdir(mode=0o700, exist_ok=True)


def literal(value: object) -> str:
    """Return ``value`` as a SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Return ``name`` as a SQL identifier; ``schema.table`` is quoted part by part."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def read_table(
    connection: Connection, table: str, *, where: str = "true", order_by: str = "all"
) -> "pl.DataFrame":
    """Return the rows of ``table`` in a stable order (all columns, left to right)."""
    query = f"SELECT * FROM {quoted(table)} WHERE {where} ORDER BY {order_by}"
    return read_query(connection, query)


def read_query(connection: Connection, query: str) -> "pl.DataFrame":
    """Return what ``query`` selects."""
    import polars as pl  # noqa: PLC0415 - see above

    return pl.DataFrame(pl.from_arrow(connection.sql(query).to_arrow_table()))


def stream_query(
    connection: Connection, query: str, *, rows_at_once: int
) -> "Iterator[pa.RecordBatch]":
    """Yield what ``query`` selects, part by part; what goes wrong is an :class:`Error`, as ever."""
    try:
        yield from connection.sql(query).to_arrow_reader(rows_at_once)
    except OSError as error:  # all that Arrow's stream leaves of DuckDB's is the text
        is_memory = str(error).startswith("Out of Memory")
        kind = duckdb.OutOfMemoryException if is_memory else duckdb.OperationalError
        raise kind(str(error)) from error


def has_table(connection: Connection, table: str) -> bool:
    """Say whether ``schema.table`` exists in the opened database."""
    schema, name = table.split(".")
    found = connection.execute(
        "SELECT 1 FROM information_schema.tables WHERE table_catalog = current_database() "
        "AND table_schema = ? AND table_name = ?",
        [schema, name],
    ).fetchall()  # fetchone would leave the result open, and the connection unable to go on
    return bool(found)


def replace_day(connection: Connection, table: str, rows: "pl.DataFrame", *, as_of: date) -> int:
    """Make ``rows`` the day's rows of ``table``, in one transaction, and return how many.

    Creates schema and table from the frame where they are missing; the frame carries ``as_of``.
    Columns that the table did not have before are null on other days. The table is made before the
    transaction: DuckDB 2.0.0 shows a table no row of a bulk insert of more than a row group that
    went into the transaction which made it, until the file is opened again.
    """
    schema, _ = table.split(".")
    name = quoted(table)
    connection.register("_incoming", rows)
    try:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} AS FROM _incoming LIMIT 0")
        _widen(connection, table)
        _swap(connection, name, as_of)
    finally:
        connection.unregister("_incoming")
    return rows.height


def _swap(connection: Connection, name: str, as_of: date) -> None:
    """Put ``_incoming`` in place of the day's rows, or leave those as they are."""
    connection.execute("BEGIN")
    try:
        connection.execute(f"DELETE FROM {name} WHERE as_of = ?", [as_of])
        connection.execute(f"INSERT INTO {name} BY NAME FROM _incoming")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _widen(connection: Connection, table: str) -> None:
    """Add to ``table`` what only ``_incoming`` has: a home may be older than the code."""
    incoming = connection.execute("DESCRIBE _incoming").fetchall()
    known = {row[0] for row in connection.execute(f"DESCRIBE {quoted(table)}").fetchall()}
    for column, kind, *_ in incoming:
        if column not in known:
            added = f"{quoted_column(column)} {kind}"
            connection.execute(f"ALTER TABLE {quoted(table)} ADD COLUMN {added}")


def canonical_digest(connection: Connection, table: str) -> str:
    """Return a digest of the rows of ``table`` that no order, thread count or file layout moves.

    Each row becomes JSON with its columns by name, each JSON its MD5; the digest is the SHA-256
    of the row count and of the sums of the MD5s' halves, so it needs no sort and no memory.
    """
    columns = [row[0] for row in connection.execute(f"DESCRIBE {quoted(table)}").fetchall()]
    packed = ", ".join(f"{quoted_column(c)} := {quoted_column(c)}" for c in sorted(columns))
    [row] = connection.execute(
        "WITH hashed AS (SELECT to_json(struct_pack("
        f"{packed}))::varchar AS row_text FROM {quoted(table)}) "
        "SELECT count(*), sum(md5_number_lower(row_text)::hugeint), "
        "sum(md5_number_upper(row_text)::hugeint) FROM hashed"
    ).fetchall()
    return hashlib.sha256(repr(row).encode()).hexdigest()


def quoted_column(name: str) -> str:
    """Return a column's ``name`` as a SQL identifier, dots and all."""
    return '"' + name.replace('"', '""') + '"'


def sync_file(path: Path) -> None:
    """Force ``path``'s bytes to the disk, so that a rename after it cannot expose half a file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Deliver: write the fetched rows as the contract says, and put file and manifest in place at once.

The rows wait as text in DuckDB, which spills to disk past its memory limit and orders them, so
that the same rows give the same bytes in whatever order the source returned them.
"""

import hashlib
import json
import os
from pathlib import Path

import polars as pl

from include.extraction.cursor import MANIFEST, Window
from include.extraction.describe import Extract
from include.extraction.errors import ExtractionError, SourceError
from include.warehouse import (
    Connection,
    Error,
    is_fault_of_data,
    literal,
    make_private_folder,
    quoted_column,
    sync_file,
)

_RAW_JSON = {  # text that JSON may hold without quotes, by type; landing wants it so
    "boolean": "true|false",
    "integer": "0|-?[1-9][0-9]{0,17}",
    "bigint": "0|-?[1-9][0-9]{0,17}",
}


def create_table(connection: Connection, extract: Extract) -> None:
    """Create the table the fetched rows wait in."""
    columns = ", ".join(f"{quoted_column(name)} varchar" for name in extract.types)
    connection.execute(f"CREATE TABLE fetched ({columns})")


def add_rows(connection: Connection, extract: Extract, rows: pl.DataFrame) -> None:
    """Add one batch as text, its columns by name; they must be the contract's."""
    if set(rows.columns) != set(extract.types):
        missing = sorted(set(extract.types) - set(rows.columns))
        extra = sorted(set(rows.columns) - set(extract.types))
        raise SourceError(
            f"{extract.name}: the answer's columns are not the contract's. Missing: "
            f"{', '.join(missing) or 'none'}; not in the contract: {', '.join(extra) or 'none'}."
        )
    texts = ", ".join(
        f"{_as_text(quoted_column(name), dtype, extract.types[name])} AS {quoted_column(name)}"
        for name, dtype in rows.schema.items()
    )
    connection.register("_batch", rows)
    connection.execute(f"INSERT INTO fetched BY NAME SELECT {texts} FROM _batch")
    connection.unregister("_batch")


def _as_text(column: str, dtype: pl.DataType, kind: str) -> str:
    """Return a value as landing reads it: moments in UTC, truth in words."""
    if isinstance(dtype, pl.Datetime) and dtype.time_zone:
        return f"({column} AT TIME ZONE 'UTC')::varchar"
    if dtype.is_integer() and kind == "boolean":  # some databases have no type for it
        words = "WHEN 0 THEN 'false' WHEN 1 THEN 'true'"
        return f"CASE {column} {words} ELSE {column}::varchar END"
    return f"{column}::varchar"


def keep_window(connection: Connection, extract: Extract, window: Window) -> int:
    """Drop the rows outside the window, whatever the source thought of its ends; return how many.

    They came with an earlier delivery, or will with a later one. A row whose cursor cannot be read
    belongs to no delivery, so it stops the extract: it must not be lost in silence.
    """
    if extract.cursor is None:
        return 0
    moment = f"try_cast({quoted_column(extract.cursor)} AS timestamptz)"
    [(lost,)] = connection.execute(
        f"SELECT count(*) FROM fetched WHERE {moment} IS NULL"
    ).fetchall()
    if lost:
        raise SourceError(
            f"{extract.name}: {lost} rows have no readable time in the cursor {extract.cursor}, so "
            f"no delivery would ever hold them. Give them one in the query or at the source."
        )
    [(dropped,)] = connection.execute(
        f"DELETE FROM fetched WHERE NOT ({moment} >= ? AND {moment} < ?)",
        [window.since, window.until],
    ).fetchall()
    return int(dropped)


def write_file(connection: Connection, extract: Extract, file: Path) -> int:
    """Write the waiting rows to ``file``, and return how many; of a keyed extract each once."""
    names = ", ".join(quoted_column(name) for name in extract.types)
    rows = f"SELECT {'DISTINCT ' if extract.has_key else ''}{names} FROM fetched ORDER BY ALL"
    to_value = _as_json if extract.format == "jsonl" else _as_typed
    values = ", ".join(
        f"{to_value(quoted_column(name), kind)} AS {quoted_column(name)}"
        for name, kind in extract.types.items()
    )
    packed = ", COMPRESSION gzip" if extract.is_gzip else ""
    how = f"FORMAT json{packed}" if extract.format == "jsonl" else "FORMAT parquet"
    try:
        [(written,)] = connection.execute(
            f"COPY (SELECT {values} FROM ({rows})) TO {literal(file)} ({how})"
        ).fetchall()
    except Error as error:
        if not is_fault_of_data(error):
            raise
        raise SourceError(
            f"{extract.name}: some values are not of the contract's types, and Parquet can hold no "
            f"others. Mend the source or the query, or let the contract say jsonl: then landing "
            f"sets such rows aside one by one."
        ) from None
    return int(written)


def _as_typed(column: str, kind: str) -> str:
    via = "::timestamptz" if kind == "timestamp" else ""
    return f"CAST({column}{via} AS {kind})"


def _as_json(column: str, kind: str) -> str:
    if kind not in _RAW_JSON:
        return column
    plain = f"regexp_full_match({column}, {literal(_RAW_JSON[kind])})"
    return f"CASE WHEN {plain} THEN {column}::json ELSE to_json({column}) END"


def write_manifest(file: Path, *, rows: int, cursor: Window | None) -> Path:
    """Write what the file is beside it, with the cursor that the next run goes on from."""
    with file.open("rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    said: dict[str, object] = {"rows": rows, "bytes": file.stat().st_size, "sha256": digest}
    if cursor:
        said["cursor"] = {"from": cursor.since.isoformat(), "to": cursor.until.isoformat()}
    manifest = file.with_name(file.name + MANIFEST)
    manifest.write_text(json.dumps(said) + "\n", encoding="utf-8")
    return manifest


def put_in_place(file: Path, manifest: Path, *, day: Path) -> None:
    """Move file and manifest into the folder of the day: both are there afterwards, or neither is.

    Where the folder is there already, with other files, the manifest goes first: one without its
    file is no delivery, and the next run fetches again.
    """
    for path in (file, manifest):
        path.chmod(0o600)
        sync_file(path)
    sync_file(file.parent)
    if (day / file.name).exists():
        raise ExtractionError(
            f"{day / file.name} is there, and no extract's manifest tells of it. Rename it if it "
            f"is a delivery of its own, or take it away; then clear this task."
        )
    if day.exists():
        for path in (manifest, file):
            path.replace(day / path.name)
        sync_file(day)
    else:
        make_private_folder(day.parent)
        os.rename(file.parent, day)  # noqa: PTH104 - Path.rename would do the same; this says rename(2)
    sync_file(day.parent)

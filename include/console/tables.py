"""A publication, opened read-only: a view a table of ``reads``, with the rows of its day.

A table or column that a publication does not carry reads as empty or null, so that a page says
what is missing instead of breaking.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from include.console.reads import PASTS, READS
from include.warehouse import Connection, connect, has_table, literal, quoted, read_query


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

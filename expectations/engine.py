"""Great Expectations' way into DuckDB by SQL: a read-only engine whose results stay readable.

Great Expectations fetches a result after it gave its connection back, and DuckDB drops a
connection's result with the rollback that follows; without this module nearly every metric fails.
Here every cursor is a connection of its own to the same open file, so no rollback reaches it, and
results stream: asking a query for its column names does not read the table.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import great_expectations as gx
from duckdb_engine import ConnectionWrapper, CursorWrapper
from duckdb_engine import Dialect as DuckDBDialect
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent import SQLDatasource
from sqlalchemy.dialects import registry


class OwnCursor(CursorWrapper):
    """A cursor that keeps a connection for itself until it is closed."""

    def __init__(self, own: Any, connection: ConnectionWrapper) -> None:
        super().__init__(own, connection)
        self._own = own

    def close(self) -> None:
        """Let go of the connection, and of any row not fetched."""
        self._own.close()


class OwnCursorConnection(ConnectionWrapper):
    """A DuckDB connection whose cursors are duplicates of it."""

    def cursor(self) -> OwnCursor:
        """Return a cursor that commits, rollbacks and closes of this connection leave alone."""
        return OwnCursor(self.duplicate(), self)


class OwnCursorDialect(DuckDBDialect):
    """DuckDB's dialect, connecting through :class:`OwnCursorConnection`."""

    supports_statement_cache = False

    def connect(self, *arguments: Any, **options: Any) -> OwnCursorConnection:
        """Open the file and wrap it."""
        return OwnCursorConnection(super().connect(*arguments, **options))


registry.register("duckdb.own_cursor", __name__, OwnCursorDialect.__name__)


@contextmanager
def open_datasource(path: Path, *, memory_limit: str, threads: int) -> Iterator[SQLDatasource]:
    """Open ``path`` read-only for Great Expectations, and let go of the file on the way out.

    The context is ephemeral: it leaves no folder behind. The connection's settings are those of
    ``include.warehouse``: no extension, no file beside this one. Great Expectations' own log is
    silenced meanwhile, because it prints failed SQL with the values in it.
    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    datasource = context.data_sources.add_sql(
        name=path.stem,
        connection_string=f"duckdb+own_cursor:///{quote(str(path))}",
        create_temp_table=False,
        kwargs={
            "connect_args": {
                "read_only": True,
                "config": {
                    "memory_limit": memory_limit,
                    "threads": threads,
                    "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                    "enable_external_access": "false",
                    "lock_configuration": "true",
                },
            }
        },
    )
    log = logging.getLogger("great_expectations")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield datasource
    finally:
        log.setLevel(level)
        datasource.get_execution_engine().engine.dispose()
        datasource.get_engine().dispose()

"""Great Expectations' way into DuckDB by SQL: a read-only engine whose results stay readable.

Great Expectations fetches a result after it gave its connection back, and DuckDB drops a
connection's result with the rollback that follows; without this module nearly every metric fails.
Here every cursor is a connection of its own to the same open file, so no rollback reaches it, and
results stream: asking a query for its column names does not read the table.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import quote, urlencode

import great_expectations as gx
from duckdb_engine import ConnectionWrapper, CursorWrapper
from duckdb_engine import Dialect as DuckDBDialect
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent import SQLDatasource
from sqlalchemy.dialects import registry
from sqlalchemy.engine.interfaces import DBAPIConnection

from include.settings import Settings
from include.warehouse import Connection


class OwnCursor(CursorWrapper):
    """A cursor that keeps a connection for itself until it is closed."""

    def __init__(self, own: Connection, connection: ConnectionWrapper) -> None:
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

    def connect(self, *arguments: object, **options: object) -> DBAPIConnection:
        """Open the file and wrap it."""
        return cast("DBAPIConnection", OwnCursorConnection(super().connect(*arguments, **options)))


registry.register("duckdb.own_cursor", __name__, OwnCursorDialect.__name__)


@contextmanager
def open_datasource(path: Path) -> Iterator[SQLDatasource]:
    """Open ``path`` read-only for Great Expectations, and let go of the file on the way out.

    The context lives in memory and writes no file anywhere. The connection's settings are those
    of ``include.warehouse``: no extension, no file beside this one.
    """
    settings = Settings.from_env()
    options = {
        "access_mode": "read_only",
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "enable_external_access": "false",
        "lock_configuration": "true",
    }
    in_memory = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    context = gx.get_context(
        mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=in_memory)
    )
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    datasource = context.data_sources.add_sql(
        name=path.stem,
        connection_string=f"duckdb+own_cursor:///{quote(str(path))}?{urlencode(options)}",
        create_temp_table=False,
    )
    try:
        yield datasource
    finally:
        datasource.get_execution_engine().engine.dispose()
        datasource.get_engine().dispose()

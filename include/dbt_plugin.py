"""dbt plugin: give dbt's connection the limits every other connection has, before its first SQL.

dbt opens DuckDB itself, so it cannot come through ``include.warehouse.connect``. Its profile names
this module; dbt-duckdb calls it once a connection, and every cursor is made from that connection.
"""

from pathlib import Path

from dbt.adapters.duckdb.plugins import BasePlugin

from include.settings import CHECKOUT
from include.warehouse import Connection, confine

SEEDS = CHECKOUT / "dbt_project" / "seeds"  # dbt loads a seed by COPY from its file


class Plugin(BasePlugin):
    """The name dbt-duckdb looks for."""

    def configure_connection(self, conn: Connection) -> None:
        """Limit SQL to the folders of the opened files and to the seeds, and lock that."""
        if self.creds is None:  # dbt-duckdb always gives them
            raise TypeError("dbt-duckdb gave its plugin no credentials: which folders are ours?")
        [(is_locked,)] = conn.execute("SELECT current_setting('lock_configuration')").fetchall()
        if is_locked:  # dbt tries once more after a failure, and would then tell of this lock alone
            return
        opened = [self.creds.path, *(attached.path for attached in self.creds.attach or ())]
        folders = {Path(file).parent for file in opened}
        confine(conn, folders={*folders, SEEDS}, spill=Path(self.creds.path).parent / "tmp")

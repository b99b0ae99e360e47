"""Database: run one query and hand its rows over, some tens of thousands at a time.

SQLAlchemy, because it is in the lock already and reaches every database that has a driver for it;
dlt, connectorx and ADBC would each bring more packages, and fewer databases.
"""

from collections.abc import Generator
from contextlib import ExitStack

import polars as pl
import sqlalchemy as sa

from include.extraction.cursor import Window
from include.extraction.describe import Database
from include.extraction.errors import SourceError
from include.settings import Settings

BATCH_ROWS = 50_000


def fetch(asked: Database, window: Window) -> Generator[pl.DataFrame]:
    """Yield what the query returns for ``window``; the transaction is read-only where it can be.

    Raises :class:`SourceError` with what the database said, without the query's parameters.
    """
    url = Settings.secret(asked.url_from)
    bounds = {"since": window.since, "until": window.until}
    bound = {name: day for name, day in bounds.items() if f":{name}" in asked.query}
    query = sa.text(asked.query).bindparams(*(sa.bindparam(n, type_=sa.Date) for n in bound))
    try:
        engine = sa.create_engine(url.get_secret_value(), hide_parameters=True)
        with ExitStack() as stack:
            stack.callback(engine.dispose)
            connection = stack.enter_context(engine.connect())
            if engine.dialect.name == "postgresql":
                connection.execution_options(postgresql_readonly=True)
                connection.execute(sa.text("SET TIME ZONE 'UTC'"))  # :since is midnight there
            yield from pl.read_database(
                query,
                connection.execution_options(stream_results=True),
                iter_batches=True,
                batch_size=BATCH_ROWS,
                infer_schema_length=None,
                execute_options={"parameters": bound},
            )
    except (sa.exc.SQLAlchemyError, ModuleNotFoundError) as error:
        said = type(error).__name__
        if not isinstance(error, sa.exc.DataError):  # such a message would quote the value
            said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        raise SourceError(
            f"The database behind {asked.url_from} did not answer the query: {said}. Nothing was "
            f"delivered; mend it, then clear this task."
        ) from None
    except pl.exceptions.PolarsError as error:
        raise SourceError(
            f"A column of the query holds values of different types ({type(error).__name__}); "
            f"cast it in the query, to text if need be: landing judges it by the contract."
        ) from None

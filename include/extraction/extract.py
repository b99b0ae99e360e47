"""Extract: ask every described source for what no delivery holds yet, and deliver it as a file.

What follows is landing's business: an extract is a delivery like any other. Running it twice, or
after a kill at any point, delivers each row once.
"""

import logging
from collections.abc import Generator
from contextlib import closing
from datetime import date
from pathlib import Path

import polars as pl

from include.extraction import api, database
from include.extraction.alone import alone
from include.extraction.cursor import Window, next_window
from include.extraction.deliver import (
    add_rows,
    create_table,
    keep_window,
    put_in_place,
    write_file,
    write_manifest,
)
from include.extraction.describe import Database, Extract, list_extracts
from include.extraction.errors import DescriptionError
from include.settings import Settings
from include.warehouse import connect, make_private_folder

logger = logging.getLogger(__name__)


def run(source_entity: str, as_of: str) -> int:
    """Extract ``<source>.<entity>`` as the scheduler does: paths from settings, a date as text."""
    settings = Settings.from_env()
    found = [e for e in list_extracts(settings.contracts) if e.name == source_entity]
    if not found:
        raise DescriptionError(f"No extract is described for {source_entity!r}")
    return extract(found[0], as_of=date.fromisoformat(as_of), landing=settings.landing)


def extract(described: Extract, *, as_of: date, landing: Path) -> int:
    """Deliver what happened before ``as_of`` and no delivery holds yet; return how many rows."""
    folder = landing / described.source / described.entity
    with alone(folder, what=described.name) as scratch:
        window = next_window(described, folder=folder, as_of=as_of)
        if window is None:
            return 0
        day = scratch / "day"
        make_private_folder(day)
        with connect(None, folders=(day,)) as connection:
            create_table(connection, described)
            with closing(_fetch(described, window)) as batches:
                for rows in batches:
                    add_rows(connection, described, rows)
            dropped = keep_window(connection, described, window)
            file = day / described.file_name
            written = write_file(connection, described, file)
        cursor = window if described.cursor else None
        manifest = write_manifest(file, rows=written, cursor=cursor)
        put_in_place(file, manifest, day=folder / as_of.isoformat())
    if dropped:
        logger.info("%s: %d rows outside the window left to others", described.name, dropped)
    (logger.info if written else logger.warning)(
        "%s: delivered %d rows before %s", described.name, written, as_of
    )
    return written


def _fetch(described: Extract, window: Window) -> Generator[pl.DataFrame]:
    """Ask whatever kind of source it is."""
    if isinstance(described.asked, Database):
        return database.fetch(described.asked, window)
    return api.fetch(described.asked, window, columns=list(described.types))

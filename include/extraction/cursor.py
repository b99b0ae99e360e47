"""Cursor: which days an extract still has to fetch, from what it delivered so far.

The state is nowhere but in the deliveries: each manifest says from which day (inclusive) to which
(exclusive) its file reaches. A delivery and its cursor are one rename, so neither is there alone.
"""

import json
import logging
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from include.extraction.describe import Extract
from include.extraction.errors import CursorError

logger = logging.getLogger(__name__)

MANIFEST = ".manifest.json"


@dataclass(frozen=True, kw_only=True, order=True)
class Window:
    """Days from ``since`` (inclusive) to ``until`` (exclusive)."""

    since: date
    until: date


def next_window(extract: Extract, *, folder: Path, as_of: date) -> Window | None:
    """Return what to fetch for the run of ``as_of``: what no delivery holds yet; None for nothing.

    Raises :class:`CursorError` where a cursor is damaged, lies in the future of its own delivery,
    or the windows leave days out or hold them twice.
    """
    if extract.start is None:  # a whole picture of the day, once a day
        is_there = (folder / as_of.isoformat() / extract.file_name).exists()
        return None if is_there else Window(since=date.min, until=as_of)
    saved = sorted(_saved(extract, folder))
    for (before, _), (after, file) in pairwise(saved):
        if before.until != after.since:
            what = "leave out" if before.until < after.since else "hold twice"
            ends = sorted((before.until, after.since))
            raise CursorError(
                f"{extract.name}: the deliveries up to {file} {what} the days from {ends[0]} to "
                f"{ends[1]}. Put the missing file and its manifest back, or take away every later "
                f"one: the next run then fetches from there."
            )
    since = saved[-1][0].until if saved else extract.start
    if since == as_of:
        logger.info("%s: fetched up to %s already; nothing to do", extract.name, since)
        return None
    if since > as_of:
        logger.warning(
            "%s: the deliveries reach to %s, after %s: 0 rows fetched. That is right for a "
            "back-fill; is %s wrong, take the deliveries after %s away, and the next run fetches "
            "those days again.",
            *(extract.name, since, as_of, since, as_of),
        )
        return None
    return Window(since=since, until=as_of)


def _saved(extract: Extract, folder: Path) -> list[tuple[Window, Path]]:
    """Return the windows of this extract's deliveries; files that others put there have none."""
    found = []
    for manifest in folder.glob(f"[0-9]*/{extract.file_name}{MANIFEST}"):
        file = manifest.with_name(extract.file_name)
        window = _window(manifest)
        if window is None:
            continue
        if not file.exists():  # a run died between two renames
            logger.warning("%s has no file; it is taken away and its days fetched again", manifest)
            manifest.unlink()
            continue
        if window.until > date.fromisoformat(manifest.parent.name):
            raise CursorError(
                f"{manifest}: its cursor reaches to {window.until}, after the day of its own "
                f"delivery. Nothing was fetched: every run until then would find no rows. Take "
                f"the file and its manifest away; the next run then fetches those days again."
            )
        found.append((window, file))
    return found


def _window(manifest: Path) -> Window | None:
    """Return the window a manifest says; None where it says none."""
    try:
        said = json.loads(manifest.read_text(encoding="utf-8"))
        if "cursor" not in said:
            return None
        since, until = (date.fromisoformat(said["cursor"][end]) for end in ("from", "to"))
    except (ValueError, KeyError, TypeError) as error:
        raise CursorError(
            f"{manifest}: its cursor cannot be read ({type(error).__name__}). Put the manifest "
            f"back as it was written, or take it and its file away; the next run then fetches "
            f"those days again."
        ) from None
    if since > until:
        raise CursorError(f"{manifest}: its cursor ends ({until}) before it begins ({since})")
    return Window(since=since, until=until)

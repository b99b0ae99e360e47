"""Alone: one process at a time in a folder of deliveries, with a private place to prepare them."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from include.extraction.errors import ExtractionError
from include.warehouse import make_private_folder


@contextmanager
def alone(folder: Path, *, what: str) -> Iterator[Path]:
    """Give a private folder inside ``folder``, and clear those a killed run has left.

    It is hidden, so that landing leaves it alone, and on the same disk, so that a rename is enough
    to deliver from it. The lock ends with its process. ``what`` is said to whoever comes second.
    """
    make_private_folder(folder)
    descriptor = os.open(folder / ".fetching.lock", os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ExtractionError(
                f"{what}: another run is at it. Wait for that one to end; then clear this task."
            ) from None
        for left in folder.glob(".fetching-*"):
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as scratch:
            yield Path(scratch)

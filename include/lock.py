"""Lock: one holder of a file at a time; whoever comes second waits, or is told who holds it.

The lock is the operating system's: it goes with the process that holds it, however that ends.
What the file says is only the holder's name.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

_PAUSE_SECONDS = 0.2


class HeldError(RuntimeError):
    """Another holds the lock; the message is that holder's name, as it gave it, and its process."""


@contextmanager
def hold(file: Path, *, holder: str, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold ``file``, whose folder is there, and leave the name ``holder`` in it for others to read.

    ``wait_seconds`` may be ``math.inf``. Raises :class:`HeldError` where they have passed.
    """
    deadline = time.monotonic() + wait_seconds
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as held:
        while not _taken(held):
            if time.monotonic() >= deadline:
                held.seek(0)
                raise HeldError(held.read().strip() or "another process")
            time.sleep(_PAUSE_SECONDS)
        held.truncate(0)
        held.write(f"{holder} (process {os.getpid()})\n")
        held.flush()
        yield


def _taken(held: TextIO) -> bool:
    """Try to take the lock; closing the file gives it back."""
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

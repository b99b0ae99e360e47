"""Lock: one landing at a time; who comes second waits a while, and then is told who holds it.

The lock is the operating system's: it goes with the process that holds it, however that ends.
What the file says is only the holder's name. Other programs that have the warehouse open are
waited for in the same way.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from include.landing.errors import LandingBusyError
from include.warehouse import Connection, WarehouseBusyError, connect, make_private_folder

WAIT_SECONDS = 300.0  # a day's largest extract lands in less
_PAUSE_SECONDS = 0.2
_WHAT_NEXT = "Nothing of this run has landed. Wait for it, or end it, then clear this task."


@contextmanager
def sole_connection(
    raw: Path, *, folders: tuple[Path, ...], holder: str, wait_seconds: float = WAIT_SECONDS
) -> Iterator[Connection]:
    """Open the warehouse for one landing alone; raise :class:`LandingBusyError` after the wait."""
    deadline = time.monotonic() + wait_seconds
    make_private_folder(raw.parent)
    with ExitStack() as stack:
        stack.enter_context(_alone(raw, holder=holder, deadline=deadline))
        while True:
            try:
                connection = stack.enter_context(connect(raw, folders=folders))
                break
            except WarehouseBusyError as error:
                if time.monotonic() >= deadline:
                    raise LandingBusyError(f"{error} {_WHAT_NEXT}") from error
                time.sleep(_PAUSE_SECONDS)
        yield connection


@contextmanager
def _alone(raw: Path, *, holder: str, deadline: float) -> Iterator[None]:
    """Hold the lock beside ``raw`` and leave the holder's name in it."""
    descriptor = os.open(raw.with_name("landing.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        while not _taken(file):
            if time.monotonic() >= deadline:
                file.seek(0)
                name = file.read().strip() or "another landing"
                raise LandingBusyError(f"Landing is held by {name}. {_WHAT_NEXT}")
            time.sleep(_PAUSE_SECONDS)
        file.truncate(0)
        file.write(f"{holder} (process {os.getpid()})\n")
        file.flush()
        yield


def _taken(file: TextIO) -> bool:
    """Try to take the lock; closing the file gives it back."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

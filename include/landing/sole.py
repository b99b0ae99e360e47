"""Sole connection: one landing at a time; who comes second waits a while, and is told who is first.

Other programs that have the warehouse open are waited for in the same way.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from include.landing.errors import LandingBusyError
from include.lock import HeldError, hold
from include.warehouse import Connection, WarehouseBusyError, connect, make_private_folder

WAIT_SECONDS = 300.0  # a day's largest extract lands in less
_PAUSE_SECONDS = 0.2
_WHAT_NEXT = "Nothing of this run has landed. Wait for it, or end it, then clear this task."


@contextmanager
def sole_connection(
    raw: Path,
    *,
    folders: tuple[Path, ...],
    holder: str,
    wait_seconds: float = WAIT_SECONDS,
    memory_at_most: int | None = None,
) -> Iterator[Connection]:
    """Open the warehouse for one landing alone; raise :class:`LandingBusyError` after the wait."""
    deadline = time.monotonic() + wait_seconds
    make_private_folder(raw.parent)
    lock = hold(raw.with_name("landing.lock"), holder=holder, wait_seconds=wait_seconds)
    with ExitStack() as stack:
        try:
            stack.enter_context(lock)
        except HeldError as held:
            raise LandingBusyError(f"Landing is held by {held}. {_WHAT_NEXT}") from None
        while True:
            try:
                # Raw rows are numbered, so where they lie says nothing.
                opened = connect(
                    raw, folders=folders, keeps_order=False, memory_at_most=memory_at_most
                )
                connection = stack.enter_context(opened)
                break
            except WarehouseBusyError as error:
                if time.monotonic() >= deadline:
                    raise LandingBusyError(f"{error} {_WHAT_NEXT}") from error
                time.sleep(_PAUSE_SECONDS)
        yield connection

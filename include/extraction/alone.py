"""Alone: one process at a time in a folder of deliveries, with a private place to prepare them."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from include.extraction.errors import ExtractionError
from include.lock import HeldError, hold
from include.warehouse import make_private_folder


@contextmanager
def alone(folder: Path, *, what: str) -> Iterator[Path]:
    """Give a private folder inside ``folder``, and clear those a killed run has left.

    It is hidden, so that landing leaves it alone, and on the same disk, so that a rename is enough
    to deliver from it. The lock ends with its process. ``what`` is said to whoever comes second.
    """
    make_private_folder(folder)
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(folder / ".fetching.lock", holder=f"the run for {what}"))
        except HeldError as held:
            raise ExtractionError(
                f"{what}: another run is at it, {held}. Wait for it to end; then clear this task."
            ) from None
        for left in folder.glob(".fetching-*"):
            shutil.rmtree(left)
        scratch = tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder)
        yield Path(stack.enter_context(scratch))

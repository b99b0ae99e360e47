"""One holder at a time: the second waits as long as it likes, and is told who is first."""

import os
import threading
import time
from pathlib import Path

import pytest

from include.lock import HeldError, hold


def test_the_second_is_told_the_first_ones_name_and_the_next_gets_in(tmp_path: Path) -> None:
    file = tmp_path / "a.lock"
    for first in ("a long name of the first", "third"):
        said = rf"^{first} \(process {os.getpid()}\)$"
        with hold(file, holder=first), pytest.raises(HeldError, match=said), hold(file, holder="x"):
            pass
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_second_waits_for_the_first(tmp_path: Path) -> None:
    file, holds, order = tmp_path / "a.lock", threading.Event(), []

    def first() -> None:
        with hold(file, holder="first"):
            holds.set()
            time.sleep(0.3)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    holds.wait()
    with hold(file, holder="second", wait_seconds=30):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]

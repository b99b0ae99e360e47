"""Kills: ended by the system before any one of its renames, an extract delivers each row once."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from include.settings import CHECKOUT
from tests.extraction.desk import DATABASE, Desk

# Counts the renames of the run, and dies before the one it was told of, as by kill -9.
RUN = """
import os, signal, sys

from include.extraction.__main__ import main

left = int(sys.argv[1])

def count(event, arguments):
    global left
    if event == "os.rename" and "shop" in str(arguments[1]):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
sys.exit(main(["--as-of", "2025-03-05"]))
"""


@pytest.mark.parametrize("is_there", [False, True], ids=["new folder", "folder with other files"])
def test_killed_before_any_rename_each_row_is_delivered_once(home: Path, is_there: bool) -> None:  # noqa: FBT001 - a parameter of the test
    killed = 0
    for nth in range(1, 9):
        desk = Desk(home / str(nth))
        desk.home.mkdir()
        desk.describe(DATABASE)
        with sqlite3.connect(desk.home / "shop.db") as source:
            source.execute("CREATE TABLE orders (order_id, quantity, amount, is_gift, ordered_at)")
            source.execute("INSERT INTO orders VALUES ('ada', 1, 2, 1, '2025-03-01 10:00:00')")
        source.close()
        if is_there:
            (desk.folder / "2025-03-05").mkdir(parents=True)
        environment = os.environ | {
            "TESSERA_HOME": str(desk.home),
            "TESSERA_CONTRACTS": str(desk.contracts),
            "SHOP_URL": f"sqlite:///{desk.home / 'shop.db'}",
        }
        run = subprocess.run(
            [sys.executable, "-c", RUN, str(nth)],
            cwd=CHECKOUT,
            env=environment,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SHOP_URL", environment["SHOP_URL"])
            assert desk.extract("2025-03-06") == (1 if run.returncode else 0)
        assert desk.land("2025-03-06")["landed"] == 1
        assert [path.name for path in desk.folder.glob(".fetching-*")] == []
        if run.returncode == 0:
            break
        killed += 1
    assert killed == (2 if is_there else 1)

"""Two landings never meet: the second waits, or is told who holds the warehouse."""

import subprocess
import sys
import threading
import time

import pytest

from include.landing.errors import LandingBusyError
from include.landing.land import land
from include.landing.sole import sole_connection
from include.warehouse import connect
from tests.landing.door import ADA, FRIDAY, HEADER, MONDAY, Door

HOLD = """
import sys, time
from pathlib import Path
from include.landing.sole import sole_connection
with sole_connection(Path(sys.argv[1]), folders=(), holder="the landing of a test"):
    print("held", flush=True)
    time.sleep(60)
"""


def land_quickly(door: Door, wait_seconds: float) -> dict[str, int]:
    landing = door.home / "landing"
    return land(
        door.contract, as_of=FRIDAY, landing=landing, raw=door.raw, wait_seconds=wait_seconds
    )


def test_a_second_landing_is_told_who_holds_the_warehouse_even_after_a_kill(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    command = [sys.executable, "-c", HOLD, str(door.raw)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        said = rf"held by the landing of a test \(process {holder.pid}\).*clear this task"
        with pytest.raises(LandingBusyError, match=said):
            land_quickly(door, 0.3)
        holder.kill()
        holder.wait()
        assert land_quickly(door, 0.3)["landed"] == 1


def test_a_second_landing_waits_for_the_first(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    holds, done = threading.Event(), []

    def hold() -> None:
        with sole_connection(door.raw, folders=(), holder="the first"):
            holds.set()
            time.sleep(0.5)
            done.append("first")

    first = threading.Thread(target=hold)
    first.start()
    holds.wait()
    assert land_quickly(door, 30)["landed"] == 1
    assert done == ["first"]
    first.join()


def test_another_program_that_holds_the_warehouse_is_named(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    with connect(door.raw):
        pass
    program = (
        "import sys, time; from pathlib import Path; from include.warehouse import connect\n"
        "with connect(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(door.raw)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(LandingBusyError, match=f"PID {holder.pid}"):
            land_quickly(door, 0.3)
        holder.kill()

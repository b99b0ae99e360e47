"""Bounds: files made to exhaust the machine, each landed in a process that is measured."""

import gzip
import multiprocessing
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from include.landing.errors import ExtractRefusedError
from tests.landing.door import HEADER, MONDAY, Door
from tests.landing.hostile import contract_of

MEGABYTE = 1_000_000
FORK = multiprocessing.get_context("forkserver")


@dataclass(frozen=True, kw_only=True)
class Bounded:
    """What became of one oversized file, and what it cost."""

    name: str
    said: str  # the refusal's words, or what happened instead
    is_refused: bool
    seconds: float
    peak_megabytes: int


def endless_line(home: Path, megabytes: int) -> Door:
    """A header and one line of so many megabytes, of which the disk holds nothing."""
    door = Door(home)
    with door.file(MONDAY).open("wb") as file:
        file.write(HEADER.encode())
        file.truncate(megabytes * MEGABYTE)
    return door


def bomb(home: Path, megabytes: int) -> Door:
    """Gzip of so many megabytes of one letter: a thousandth of it on disk."""
    door = Door(home, contract=contract_of("csv.gz"), name="orders.csv.gz")
    with gzip.open(door.file(MONDAY), "wb", compresslevel=9) as file:
        file.write(HEADER.encode())
        for _ in range(megabytes):
            file.write(b"x" * MEGABYTE)
    return door


def blank_lines(home: Path, millions: int) -> Door:
    """Gzip of so many million blank lines, packed so badly that it is not taken for a bomb."""
    door = Door(home, contract=contract_of("csv.gz"), name="orders.csv.gz")
    with gzip.open(door.file(MONDAY), "wb", compresslevel=1) as file:
        file.write(HEADER.encode())
        for _ in range(millions):
            file.write(b"\n" * MEGABYTE)
    return door


def bad_rows(home: Path, thousands: int) -> Door:
    """So many thousand rows of the right shape, of which none can land."""
    door = Door(home)
    with door.file(MONDAY).open("wb") as file:
        file.write(HEADER.encode())
        for _ in range(thousands):
            file.write(b"ada,many,2.50,2025-03-01 10:00:00\n" * 1000)
    return door


def many_columns(home: Path, columns: int) -> Door:
    """A header of so many columns."""
    door = Door(home)
    wide = ",".join(f"c{n}" for n in range(columns))
    door.file(MONDAY).write_text(f"{wide}\n{wide}\n")
    return door


def deep_json(home: Path, depth: int) -> Door:
    """JSON so many brackets deep, in every line."""
    door = Door(home, contract=contract_of("jsonl"), name="orders.jsonl")
    line = '{"order_id":' + "[" * depth + "]" * depth + "}\n"
    door.file(MONDAY).write_text(line * 1000)
    return door


def measure(name: str, door: Door, *, limit_seconds: float) -> Bounded:
    """Land in a process of its own, and say what it said and what it took at most."""
    FORK.set_forkserver_preload(["include.landing.land", "tests.landing.door"])
    ours, theirs = FORK.Pipe()
    child = FORK.Process(target=_land, args=(door, theirs))
    began = time.monotonic()
    child.start()
    theirs.close()
    said, is_refused, peak = f"no answer in {limit_seconds} s", False, 0
    if ours.poll(limit_seconds):
        with suppress(EOFError):
            said = "the process died"
            said, is_refused, peak = ours.recv()
    seconds = time.monotonic() - began
    child.kill()
    child.join()
    return Bounded(
        name=name, said=said, is_refused=is_refused, seconds=seconds, peak_megabytes=peak
    )


def _land(door: Door, pipe: Pipe) -> None:
    """Land, and send what was said, whether it was a refusal, and the peak memory."""
    said, is_refused = _answer(door.land)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    pipe.send((said, is_refused, peak))


def _answer(land: Callable[[], object]) -> tuple[str, bool]:
    try:
        return f"landed: {land()}", False
    except ExtractRefusedError as refusal:
        return str(refusal).splitlines()[1].strip()[:160], True
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a crash
        return f"{type(error).__name__}: {error}"[:160], False

"""Kills and orders of arrival: whatever happens in between, landing ends with the same tables."""

import multiprocessing
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from include.landing.errors import ExtractRefusedError
from include.landing.ledger import CONSERVATION
from include.landing.replay import replay
from include.warehouse import canonical_digest, connect
from tests.landing.door import HEADER, MONDAY, Door
from tests.landing.hostile import contract_of

CONTRACT = contract_of("csv.gz")
AS_OF = date(2025, 4, 30)
FILES = 6
KILLS_A_HOME = 3  # one home is killed so often before it may finish
FORK = multiprocessing.get_context("forkserver")

# Rows of no batch, and batches whose rows are not all there: both are 0, or a kill left half.
TORN = """
WITH there AS (
    SELECT batch_id, sum(n)::bigint AS n FROM (
        SELECT _batch_id AS batch_id, count(*) AS n FROM raw_shop.orders GROUP BY ALL
        UNION ALL SELECT batch_id, count(*) FROM ops.quarantined_rows GROUP BY ALL
    ) GROUP BY batch_id
), ledger AS (SELECT batch_id, rows_delivered FROM ops.batches WHERE status = 'landed')
SELECT count(*) FROM there FULL JOIN ledger USING (batch_id)
WHERE coalesce(n, 0) <> coalesce(rows_delivered, -1)
"""


TWICE = """
SELECT count(*) FROM raw_shop.orders AS landed
JOIN ops.quarantined_rows AS aside
    ON landed._batch_id = aside.batch_id AND landed._row_number = aside.row_number
"""


@dataclass(frozen=True, kw_only=True)
class Killed:
    """What became of landings that were killed."""

    tried: int
    caught: int  # those that were still running
    violations: tuple[str, ...]
    seconds: float  # that a landing left in peace takes


def deliver(home: Path, *, rows: int, seed: int) -> Door:
    """Deliver ``FILES`` days of orders, a hundredth of them bad, to a home of its own."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    door = Door(home, contract=CONTRACT, name="orders.csv.gz")
    for day in range(FILES):
        lines = (
            f"o{day}-{n},{'x' if chance.random() < 0.01 else n},{n % 97}.50,2025-03-01 10:00:00\n"
            for n in range(rows)
        )
        door.deliver(MONDAY + timedelta(days=day), HEADER + "".join(lines), rows=rows)
    return door


def land_quietly(door: Door) -> None:
    """Land; a file that is refused is part of the play."""
    with suppress(ExtractRefusedError):
        door.land(AS_OF)


def digests(door: Door) -> tuple[str, ...]:
    """Return one digest for each table whose rows say what landed and what was set aside."""
    with connect(door.raw, read_only=True) as connection:
        tables = (door.contract.table, "ops.quarantined_rows")
        return tuple(canonical_digest(connection, table) for table in tables)


def leftovers(door: Door) -> list[str]:
    """Return what a landing has left in its scratch folder."""
    return [path.name for path in (door.raw.parent / "tmp").glob("*")]


def kill_landings(home: Path, *, kills: int, rows: int, seed: int) -> Killed:
    """Kill landings at random times, look, land again, and compare with one left in peace."""
    FORK.set_forkserver_preload(["include.landing.land", "tests.landing.door"])
    peace = deliver(home / "peace", rows=rows, seed=seed)
    _in_child(peace)  # the first child also starts the server
    shutil.rmtree(peace.raw.parent)
    seconds = _in_child(peace)
    expected, violations = digests(peace), list[str]()
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    tried = caught = 0
    while caught < kills and tried < 3 * kills:  # a landing that was done first is no kill
        door = Door(home / f"home-{tried}", contract=CONTRACT, name="orders.csv.gz")
        shutil.copytree(peace.home / "landing", door.home / "landing")
        for before in range(min(KILLS_A_HOME, kills - caught)):
            tried += 1
            took = _in_child(door, kill_after=chance.uniform(0, seconds))
            caught += took < 0
            if took >= 0:  # nothing is left to land in this home
                seconds = min(seconds, took) if before == 0 else seconds
                break
            violations += [f"kill {tried}: {what}" for what in _half_done(door)]
        _in_child(door)
        violations += [f"kill {tried}: {what}" for what in _unlike(door, expected)]
        shutil.rmtree(door.home)
    return Killed(tried=tried, caught=caught, violations=tuple(violations), seconds=seconds)


def kill_replays(home: Path, *, kills: int, rows: int, seed: int) -> Killed:
    """Kill replays at random times, look, replay again, and compare with a landing in peace.

    Nearly every row is in the quarantine at first, because the contract was too strict.
    """
    FORK.set_forkserver_preload(["include.landing.replay", "tests.landing.door"])
    strict = tuple(replace(c, maximum="3") if c.name == "amount" else c for c in CONTRACT.columns)
    start = deliver(home / "start", rows=rows, seed=seed)
    right = Door(home / "right", contract=CONTRACT, name=start.name)
    shutil.copytree(start.home / "landing", right.home / "landing")
    land_quietly(right)
    land_quietly(replace(start, contract=replace(CONTRACT, columns=strict)))
    expected, violations = digests(right), list[str]()
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    tried, caught, seconds = 0, 0, 0.0
    while caught < kills and tried < 3 * kills + 2:
        door = Door(home / f"home-{tried}", contract=CONTRACT, name=start.name)
        shutil.copytree(start.home, door.home)
        if tried > 1:  # the first two are left in peace: one starts the server, one is timed
            caught += _in_child(door, replay_all, kill_after=chance.uniform(0, seconds)) < 0
            violations += [f"kill {tried}: {what}" for what in _half_done(door)]
        seconds = _in_child(door, replay_all) if tried <= 1 else seconds
        if tried > 1:
            _in_child(door, replay_all)
        violations += [f"kill {tried}: {what}" for what in _unlike(door, expected)]
        shutil.rmtree(door.home)
        tried += 1
    return Killed(tried=tried, caught=caught, violations=tuple(violations), seconds=seconds)


def replay_all(door: Door) -> None:
    """Replay whatever is in the quarantine."""
    replay(door.contract, raw=door.raw, as_of=AS_OF)


def _in_child(
    door: Door, work: Callable[[Door], None] = land_quietly, *, kill_after: float | None = None
) -> float:
    """Work in a process of its own; return its seconds, or -1 where it was killed in time."""
    began = time.monotonic()
    child = FORK.Process(target=work, args=(door,))
    child.start()
    child.join(kill_after)
    if child.is_alive():
        if kill_after is not None:
            child.kill()
        child.join()
    return -1.0 if child.exitcode == -9 else time.monotonic() - began


def _half_done(door: Door) -> list[str]:
    """Say what a reader who comes after a kill finds torn."""
    if not door.raw.exists():
        return []
    with connect(door.raw) as connection:
        tables = connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE table_name IN ('batches', 'orders')"
        ).fetchall()
        if tables != [(2,)]:
            return []
        [(torn,)] = connection.execute(TORN).fetchall()
        [(twice,)] = connection.execute(TWICE).fetchall()
    found = [f"{torn} batches are torn"] if torn else []
    return found + ([f"{twice} rows are in both tables"] if twice else [])


def _unlike(door: Door, expected: tuple[str, ...]) -> list[str]:
    """Say how a home that was killed and then finished differs from one left in peace."""
    found = [] if digests(door) == expected else ["other rows than without a kill"]
    found += _half_done(door)
    if any(row[-1] for row in door.ask(CONSERVATION)):
        found.append("rows that are not accounted for")
    return found + [f"left behind: {name}" for name in leftovers(door)]


def arrivals() -> list[tuple[int, str, str]]:
    """Return deliveries that contest each other: day, name, content."""
    late, early = "2025-03-01 09:00:00", "2025-03-01 08:00:00"
    return [
        (0, "a.csv", f"{HEADER}ada,1,1.00,{early}\nbob,1,1.00,{early}\n"),
        (1, "b.csv", f"{HEADER}ada,2,2.00,{late}\neve,x,1.00,{late}\n"),
        (1, "c.csv", f"{HEADER}ada,3,3.00,{late}\ndan,1,1.00,{late}\n"),
        (2, "d.csv", f"{HEADER}ada,1,1.00,{early}\nbob,1,1.00,{early}\n"),  # a's bytes again
        (3, "e.csv", f"{HEADER}bob,1,1.00,{early}\nbob,2,1.00,{early}\ncid,1,,\n"),
        (4, "f.csv", f"{HEADER}cid,1,,\ndan,9,9.00,{late}\n"),
    ]


def permute(home: Path, *, files: int) -> set[tuple[str, ...]]:
    """Return the digests that all orders of arrival of ``files`` deliveries lead to.

    Orders that begin the same share their beginning: each is landed file by file.
    """
    return set(_branches(Door(home / "_", contract=contract_of()), arrivals()[:files]))


def _branches(door: Door, rest: list[tuple[int, str, str]]) -> Iterator[tuple[str, ...]]:
    """Yield the digests of all orders in which ``rest`` may still arrive at ``door``."""
    if not rest:
        yield digests(door)
    for n, (day, name, content) in enumerate(rest):
        branch = Door(door.home.with_name(f"{door.home.name}{name[0]}"), contract=door.contract)
        if door.home.exists():
            shutil.copytree(door.home, branch.home)
        branch.deliver(MONDAY + timedelta(days=day), content, name=name)
        land_quietly(branch)
        yield from _branches(branch, rest[:n] + rest[n + 1 :])
        shutil.rmtree(branch.home)

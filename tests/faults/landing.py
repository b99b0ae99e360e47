"""The fault suite of landing: kills, orders, damage, hostile files, bounds; `make faults-landing`.

Prints a table and writes ``<home>/benchmarks/faults-landing.json``. Exits 0 when it ran, whatever
holds. ``SCALE=small`` ends within a minute; the names of steps as arguments run these alone. How
each fault is made is in the modules beside this one.
"""

import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import factorial
from pathlib import Path

from rich.console import Console

from include.settings import Settings
from tests.benchmarks.figures import Beginning, Figure, show, write_report
from tests.faults import landing_bounds as bounds
from tests.faults import landing_damage as damage
from tests.faults import landing_kills as kills
from tests.landing.hostile import all_cases, judge

SEED = 20250303
HANG_SECONDS = 10.0
MEGABYTES_AT_MOST = 1500  # DuckDB may take 4 GB; a file that is refused has no need of it
console = Console(width=150)


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much of everything is tried."""

    kills: int = 102
    rows_a_file: int = 20_000
    arrivals: int = 6
    flips: int = 400
    cut_every: int = 1
    shuffles: int = 100
    case_every: int = 1
    line_megabytes: int = 10_000
    bomb_megabytes: int = 1_000
    blank_millions: int = 100
    bad_thousands: int = 5_000


SMALL = Sizes(
    kills=4,
    rows_a_file=500,
    arrivals=3,
    flips=20,
    cut_every=10,
    shuffles=10,
    case_every=20,
    line_megabytes=100,
    bomb_megabytes=100,
    blank_millions=2,
    bad_thousands=1_001,
)


def main() -> int:
    """Run everything in a scratch folder under the home, print and write the figures."""
    logging.disable(logging.WARNING)  # a replaced batch is no news here
    scale = os.environ.get("SCALE", "full")
    sizes = SMALL if scale == "small" else Sizes()
    settings = Settings.from_env()
    settings.make_home()
    figures, began = list[Figure](), Beginning()
    with tempfile.TemporaryDirectory(prefix="faults-", dir=settings.home) as scratch:
        for name, step in STEPS.items():
            if name in (sys.argv[1:] or STEPS):
                console.print(f"[dim]{time.monotonic() - began.at:6.0f} s  {name}[/dim]")
                figures += step(Path(scratch) / name, sizes)
    show(console, figures, title="Faults at the door", spelled=_spelled)
    line = write_report(
        settings.home / "benchmarks" / "faults-landing.json",
        figures,
        began=began,
        libraries=("duckdb", "polars", "pyarrow"),
        sizes={"scale": scale, **asdict(sizes)},
        seed=SEED,
    )
    console.print(line)
    return 0


def _zero(name: str, value: float, detail: str = "") -> Figure:
    """Return a figure that has to be 0."""
    return Figure(name=name, value=value, unit="count", target="0", holds=value == 0, detail=detail)


def _equal(name: str, value: float, target: float, detail: str = "") -> Figure:
    """Return a figure that has to be just so."""
    return Figure(
        name=name,
        value=value,
        unit="count",
        target=f"{target:g}",
        holds=value == target,
        detail=detail,
    )


def _kills(home: Path, sizes: Sizes) -> Iterator[Figure]:
    done = kills.kill_landings(home, kills=sizes.kills, rows=sizes.rows_a_file, seed=SEED)
    yield _equal(
        "kills tried",
        done.caught,
        sizes.kills,
        f"of {done.tried} landings; {kills.FILES} files of {sizes.rows_a_file} rows, "
        f"{done.seconds:.2f} s a landing",
    )
    good = "same digests, nothing torn, nothing left behind, every row counted"
    said = "; ".join(done.violations[:3]) or good
    yield _zero("kills: violations", len(done.violations), said)


def _replays(home: Path, sizes: Sizes) -> Iterator[Figure]:
    asked = max(2, sizes.kills // 3)
    done = kills.kill_replays(home, kills=asked, rows=sizes.rows_a_file, seed=SEED)
    yield _equal(
        "kills of a replay tried",
        done.caught,
        asked,
        f"of {done.tried} replays, {done.seconds:.2f} s a replay",
    )
    good = "each row in one place, same digests as landed by the right contract"
    said = "; ".join(done.violations[:3]) or good
    yield _zero("kills of a replay: violations", len(done.violations), said)


def _orders(home: Path, sizes: Sizes) -> Iterator[Figure]:
    found = kills.permute(home, files=sizes.arrivals)
    orders = factorial(sizes.arrivals)
    yield _equal(
        "permutations tried",
        orders,
        factorial(sizes.arrivals),
        f"{sizes.arrivals} deliveries: late, repeated, contested and bad rows",
    )
    yield _equal("permutations: digests", len(found), 1, "of the raw table and the quarantine")


def _damage(home: Path, sizes: Sizes) -> Iterator[Figure]:
    crashes: list[str] = []
    uncounted = 0
    for form in damage.FORMATS:
        data = damage.whole(form)
        cuts = damage.cut_short(data, every=sizes.cut_every)
        flips = damage.flip_bits(data, flips=sizes.flips, seed=SEED)
        shuffles = damage.shuffle_bytes(data, files=sizes.shuffles, seed=SEED)
        for what, files in (("truncations", cuts), ("bit flips", flips), ("shuffles", shuffles)):
            for has_manifest in (True, False)[what == "shuffles" :]:
                folder = home / f"{what}-{has_manifest}"
                done = damage.land_damaged(folder, form, files, has_manifest=has_manifest)
                crashes += done.crashes
                uncounted += done.uncounted
                if has_manifest:
                    yield _zero(f"{what} accepted, {form}", done.accepted, f"of {done.tried}")
                else:
                    yield Figure(
                        name=f"{what} silently wrong without manifest, {form}",
                        value=done.silent,
                        unit="count",
                        detail=f"of {done.tried}; {done.accepted} landed at least in part",
                    )
    yield _zero("uncounted rows, damaged files", uncounted)
    yield _zero("crashes, damaged files", len(crashes), "; ".join(crashes[:3]))


def _hostile(home: Path, sizes: Sizes) -> Iterator[Figure]:
    wrong, crashes, slow = list[str](), list[str](), list[str]()
    cases = all_cases()[:: sizes.case_every]
    for number, hostile in enumerate(cases):
        began = time.monotonic()
        try:
            found = judge(hostile, home / str(number))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a crash
            crashes.append(f"{hostile}: {type(error).__name__}")
            continue
        wrong += [f"{hostile}: {what}" for what in found[:1]]
        slow += [str(hostile)] if time.monotonic() - began > HANG_SECONDS else []
    yield Figure(name="hostile deliveries tried", value=len(cases), unit="count")
    yield _zero("hostile deliveries with the wrong verdict", len(wrong), "; ".join(wrong[:3]))
    yield _zero("hostile deliveries: crashes", len(crashes), "; ".join(crashes[:3]))
    yield _zero("hostile deliveries: over 10 s", len(slow), "; ".join(slow[:3]))


def _bounds(home: Path, sizes: Sizes) -> Iterator[Figure]:
    line = f"one line of {sizes.line_megabytes} MB"
    made = {
        line: bounds.endless_line(home / "line", sizes.line_megabytes),
        f"gzip bomb of {sizes.bomb_megabytes} MB": bounds.bomb(home / "bomb", sizes.bomb_megabytes),
        f"{sizes.blank_millions} million blank lines": bounds.blank_lines(
            home / "blank", sizes.blank_millions
        ),
        f"{sizes.bad_thousands} thousand bad rows": bounds.bad_rows(
            home / "bad", sizes.bad_thousands
        ),
        "100,000 columns": bounds.many_columns(home / "columns", 100_000),
    }
    for name, door in made.items():
        done = bounds.measure(name, door, limit_seconds=600)
        yield _equal(f"{name}: refused", done.is_refused, 1, done.said)
        yield from _costs(done)
    again = bounds.measure("the long line again", made[line], limit_seconds=600)
    seen = made[line].ask("SELECT times_delivered, verdict FROM ops.deliveries")
    yield _equal("the long line again: counted once", seen == [(1, "refused")], 1, again.said)
    yield from _costs(again)
    deep = bounds.measure("JSON 500 deep", bounds.deep_json(home / "deep", 500), limit_seconds=600)
    yield _equal(
        "JSON 500 deep: kept out",
        "'quarantined': 1000" in deep.said or deep.is_refused,
        1,
        deep.said,
    )
    yield from _costs(deep)


def _costs(done: bounds.Bounded) -> Iterator[Figure]:
    yield Figure(
        name=f"{done.name}: peak memory",
        value=done.peak_megabytes,
        unit="MB",
        target=f"<= {MEGABYTES_AT_MOST}",
        holds=done.peak_megabytes <= MEGABYTES_AT_MOST,
    )
    yield Figure(
        name=f"{done.name}: time",
        value=round(done.seconds, 2),
        unit="s",
        target=f"<= {HANG_SECONDS:g}",
        holds=done.seconds <= HANG_SECONDS,
    )


STEPS = {
    "kills": _kills,
    "replays": _replays,
    "orders": _orders,
    "damage": _damage,
    "hostile": _hostile,
    "bounds": _bounds,
}


def _spelled(figure: Figure) -> str:
    return f"{figure.value:g}"


if __name__ == "__main__":
    raise SystemExit(main())

"""The benchmark of landing: rows a second and peak memory beside DuckDB's own bare readers.

``make bench-landing`` prints a table and writes ``<home>/benchmarks/landing.json``; it exits 0 when
it ran, whatever holds. Each measurement is a process of its own; landings and bare reads of the
same file take turns, so that whatever else the machine does falls on both. ``SCALE=small`` ends
within a minute. A landing is the whole of it: digest, manifest, scan, cast, keys, profile, ledger.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from rich.console import Console

from include.landing.contract import Contract, find_contract
from include.landing.land import land
from include.settings import CHECKOUT, Settings
from include.warehouse import connect, literal
from tests.benchmarks import landing_data as data
from tests.benchmarks.figures import Beginning, Figure, show, write_report

DELIVERED_ON = date(2018, 3, 5)
CLEAN, BAD = 0.6, 0.4  # the least share of the bare reader's rows a second
FLAT = 1.25  # ten times the rows may take a quarter more memory: a number a row, and DuckDB's cache
console = Console(width=150)


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many rows, and how often."""

    lines: int
    events: int
    repetitions: int
    memory_of: tuple[str, ...] = ("CSV",)  # the cases whose memory is compared with a tenth's


FULL = Sizes(
    lines=10_000_000,
    events=5_000_000,
    repetitions=3,
    memory_of=("CSV", "JSONL", "CSV, 1 % bad"),
)
SMALL = Sizes(lines=40_000, events=20_000, repetitions=1)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One file to land."""

    name: str
    entity: str
    format: str
    suffix: str
    write: Callable[..., None]
    is_bad: bool = False

    @property
    def target(self) -> float:
        """The least ratio the project asks for."""
        return BAD if self.is_bad else CLEAN

    def rows(self, sizes: Sizes) -> int:
        """How many rows the file has."""
        return sizes.lines if self.entity == "shop.order_lines" else sizes.events


_LINES, _EVENTS = "shop.order_lines", "web.events"
CASES = tuple(
    Case(name=name, entity=entity, format=form, suffix=suffix, write=write, is_bad=is_bad)
    for name, entity, form, suffix, write, is_bad in (
        ("CSV", _LINES, "csv", "csv", data.write_csv, False),
        ("CSV.GZ", _LINES, "csv", "csv.gz", data.write_csv, False),
        ("JSONL", _EVENTS, "jsonl", "jsonl", data.write_jsonl, False),
        ("Parquet", _LINES, "parquet", "parquet", data.write_parquet, False),
        ("CSV, 1 % bad", _LINES, "csv", "csv", data.write_csv, True),
        ("CSV.GZ, 1 % bad", _LINES, "csv", "csv.gz", data.write_csv, True),
        ("JSONL, 1 % bad", _EVENTS, "jsonl", "jsonl", data.write_jsonl, True),
        ("Parquet, 1 % bad", _LINES, "parquet", "parquet", data.write_parquet, True),
    )
)
BY_NAME = {case.name: case for case in CASES}


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one measured process took."""

    seconds: float
    cpu_seconds: float
    peak_megabytes: float


def main() -> int:
    """Measure every case, print and write the figures."""
    scale = os.environ.get("SCALE", "full")
    sizes = SMALL if scale == "small" else FULL
    settings = Settings.from_env()
    home = settings.home / "benchmarks" / "landing"
    figures: list[Figure] = []
    began = Beginning()
    try:
        for case in CASES:
            figures += _measure_case(case, sizes, home)
        figures += _measure_memory(sizes, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    show(console, figures, title="Landing beside bare reads", spelled=_spelled)
    line = write_report(
        settings.home / "benchmarks" / "landing.json",
        figures,
        began=began,
        libraries=("duckdb", "polars", "pyarrow", "numpy"),
        sizes={"scale": scale, **asdict(sizes)},
        seed=data.SEED,
    )
    console.print(line)
    return 0


def _measure_case(case: Case, sizes: Sizes, home: Path) -> list[Figure]:
    """Land one file and read it barely, in turns."""
    rows = case.rows(sizes)
    file = _write(case, rows, home)
    size = file.stat().st_size / 1e6
    labels = {"land": "landing", "typed": "bare, typed"}
    labels |= {"sniffed": "bare, sniffed"} if sizes.repetitions > 1 else {}
    kinds = tuple(labels)
    runs: dict[str, list[Run]] = {kind: [] for kind in kinds}
    for repetition in range(sizes.repetitions):
        for kind in kinds if repetition == 0 else kinds[:2]:  # once is enough to show sniffing
            runs[kind].append(_run(kind, case, rows, home))
    shutil.rmtree(home)
    pairs = zip(runs["land"], runs["typed"], strict=True)
    ratios = [bare.seconds / landing.seconds for landing, bare in pairs]
    ratio = statistics.median(ratios)
    spread = f"{min(ratios):.2f} to {max(ratios):.2f} in {len(ratios)}"
    figures = [
        Figure(
            name=f"{case.name}: share of the bare read's speed",
            value=round(ratio, 3),
            unit="ratio",
            target=f">= {case.target}",
            holds=ratio >= case.target,
            detail=f"{spread}; {rows:,} rows, {size:,.0f} MB",
        )
    ]
    for kind, label in labels.items():
        seconds = statistics.median(run.seconds for run in runs[kind])
        peak = max(run.peak_megabytes for run in runs[kind])
        cpu = statistics.median(run.cpu_seconds for run in runs[kind])
        figures.append(
            Figure(
                name=f"{case.name}: {label}",
                value=round(rows / seconds),
                unit="rows/s",
                detail=f"{size / seconds:,.0f} MB/s, {seconds:.2f} s, {cpu:.2f} s CPU, "
                f"peak {peak:,.0f} MB",
            )
        )
    return figures


def _measure_memory(sizes: Sizes, home: Path) -> list[Figure]:
    """Compare the peak memory of a tenth of the rows with that of all of them."""
    figures = []
    for name in sizes.memory_of:
        case = BY_NAME[name]
        rows = case.rows(sizes)
        peaks = []
        for part in (rows // 10, rows):
            _write(case, part, home)
            peaks.append({kind: _run(kind, case, part, home) for kind in ("land", "typed")})
            shutil.rmtree(home)
        growth = {
            kind: peaks[1][kind].peak_megabytes / peaks[0][kind].peak_megabytes for kind in peaks[0]
        }
        detail = "; ".join(
            f"{label} {' to '.join(f'{peak[kind].peak_megabytes:,.0f}' for peak in peaks)} MB"
            for kind, label in (("land", "landing"), ("typed", "bare"))
        )
        figures.append(
            Figure(
                name=f"{name}: memory at {rows:,} rows over memory at {rows // 10:,}",
                value=round(growth["land"], 2),
                unit="ratio",
                target=f"<= {FLAT}",
                holds=growth["land"] <= FLAT,
                detail=f"{detail} (bare grows {growth['typed']:.2f} times)",
            )
        )
    return figures


def _write(case: Case, rows: int, home: Path) -> Path:
    """Write the case's file in a process of its own: a child starts at its parent's peak memory."""
    _start("write", case, rows, home)
    [file] = (home / "landing").rglob(f"delivery.{case.suffix}")
    return file


def write(case: Case, rows: int, home: Path) -> None:
    """Write the case's file as a delivery with its manifest."""
    source, entity = case.entity.split(".")
    folder = home / "landing" / source / entity / str(DELIVERED_ON)
    folder.mkdir(parents=True)
    file = folder / f"delivery.{case.suffix}"
    if case.suffix.endswith(".gz"):
        plain = home / "plain"
        case.write(plain, rows, is_bad=case.is_bad)
        data.pack(plain, file)
        plain.unlink()
    else:
        case.write(file, rows, is_bad=case.is_bad)
    data.write_manifest(file, rows)


def _run(kind: str, case: Case, rows: int, home: Path) -> Run:
    """Measure one landing or bare read in a process of its own."""
    return Run(**json.loads(_start(kind, case, rows, home).splitlines()[-1]))


def _start(kind: str, case: Case, rows: int, home: Path) -> str:
    """Run this module as a child, and return what it printed."""
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.landing",
        kind,
        case.name,
        str(rows),
        str(home),
    ]
    return subprocess.run(
        command, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def measure(kind: str, case: Case, rows: int, home: Path) -> Run:
    """Land the case's file, or read it barely, and return what it took."""
    database = home / "warehouse" / f"{kind}.duckdb"
    shutil.rmtree(database.parent, ignore_errors=True)
    contract = _contract(case)
    began, cpu = time.perf_counter(), time.process_time()
    if kind == "land":
        done = land(contract, as_of=DELIVERED_ON, landing=home / "landing", raw=database)
    else:
        done = {"landed": _read_barely(kind, case, contract, home, database), "quarantined": 0}
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    aside = -(-rows // data.BAD_EVERY) if case.is_bad else 0
    if kind == "land" and (done["landed"], done["quarantined"]) != (rows - aside, aside):
        raise RuntimeError(f"{case.name}: {done} of {rows} rows, of which {aside} are bad")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Run(seconds=seconds, cpu_seconds=cpu, peak_megabytes=peak)


def _contract(case: Case) -> Contract:
    """Return the project's own contract, for files of the case's format."""
    contract = find_contract(case.entity)
    layout = replace(
        contract.layout,
        format=case.format,
        pattern="*",
        is_gzip=case.suffix.endswith(".gz"),
    )
    return replace(contract, layout=layout)


def _read_barely(kind: str, case: Case, contract: Contract, home: Path, database: Path) -> int:
    """Read the file into a table by DuckDB's own reader, and return how many rows it took.

    With bad rows the reader is told to leave out what it cannot cast; it counts and explains none.
    """
    [file] = (home / "landing").rglob(f"delivery.{case.suffix}")
    types = ", ".join(f"{literal(c.name)}: {literal(c.physical_type)}" for c in contract.columns)
    options = {
        "csv": f", auto_detect = false, header = true, columns = {{{types}}}",
        "jsonl": f", columns = {{{types}}}",
    }.get(case.format, "")
    if kind == "sniffed":
        options = ""
    if case.is_bad and case.format != "parquet":
        options += ", ignore_errors = true"
    reader = {"csv": "read_csv", "jsonl": "read_ndjson", "parquet": "read_parquet"}[case.format]
    with connect(database, folders=(file.parent,)) as connection:
        connection.execute(f"CREATE TABLE bare AS FROM {reader}({literal(file)}{options})")
        [(count,)] = connection.execute("SELECT count(*) FROM bare").fetchall()
    return int(count)


def _spelled(figure: Figure) -> str:
    return f"{figure.value:,.2f}" if figure.unit == "ratio" else f"{figure.value:,.0f}"


if __name__ == "__main__":
    if len(sys.argv) == 1:
        raise SystemExit(main())
    asked, named, total, folder = sys.argv[1:]
    if asked == "write":
        write(BY_NAME[named], int(total), Path(folder))
    else:
        result = measure(asked, BY_NAME[named], int(total), Path(folder))
        sys.stdout.write(json.dumps(asdict(result)) + "\n")

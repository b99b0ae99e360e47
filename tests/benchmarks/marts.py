"""The benchmark of the marts: dbt beside a script by hand, Polars, pandas and Spark; one more day.

``make bench-marts`` prints a table and writes ``<home>/benchmarks/marts.json``; it exits 0 when it
ran, whatever holds. The company is synthetic and kept for the next run (but for ``SCALE=small``,
which ends within a minute; ``SCALE=50000`` is a company of so many customers). Every measurement is
a process of its own (`marts_runs`), which starts from the same raw file.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

from include.demo.synthetic.plan import Plan
from include.settings import CHECKOUT, Settings
from tests.benchmarks.figures import Beginning, Figure, show, write_report

SLOWEST, DAY_SHARE, MEMORY = 1.5, 0.05, 4_400  # MB: DuckDB's limit of 4 GB, and Python's own
ENGINES = ("polars", "pandas", "pyspark")
FRACTION_CUSTOMERS = 100_000  # for pandas and Spark; scaled up in proportion, to their advantage
console = Console(width=160)


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one measured process took, and what it found."""

    seconds: float
    cpu_seconds: float
    peak_megabytes: float
    said: dict[str, str]


@dataclass(frozen=True)
class Bench:
    """A company in a folder, and how to measure something on it."""

    plan: Plan
    home: Path

    @property
    def today(self) -> str:
        """The day of the last delivery."""
        return self.plan.as_of.isoformat()

    @property
    def yesterday(self) -> str:
        """The day before, at which everything is built first."""
        return (self.plan.as_of - timedelta(days=1)).isoformat()

    def run(self, kind: str, day: str, *, memory: str = "4GB") -> Run:
        """Measure one thing in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.marts_runs", kind, day, f"{time.time()}"],
            cwd=CHECKOUT,
            env=os.environ | {"TESSERA_HOME": str(self.home), "TESSERA_MEMORY_LIMIT": memory},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(
                f"{kind} of {day} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
            )
        return Run(**json.loads(done.stdout.splitlines()[-1]))


def main() -> int:
    """Measure, print and write the figures."""
    scale = os.environ.get("SCALE", "full")
    plan = {
        "small": Plan(customers=800, days=100),
        "full": Plan(),
    }.get(scale) or Plan(customers=int(scale))
    settings = Settings.from_env()
    bench = Bench(plan, settings.home / "benchmarks" / f"marts-{plan.customers}")
    began = Beginning()
    try:
        figures = measure(bench, is_small=scale == "small")
    finally:
        if scale == "small":
            shutil.rmtree(bench.home, ignore_errors=True)
    show(console, figures, title="The marts, built", spelled=lambda figure: f"{figure.value:,}")
    line = write_report(
        settings.home / "benchmarks" / "marts.json",
        figures,
        began=began,
        libraries=("duckdb", "polars", "pandas", "dbt-core", "dbt-duckdb", "numpy"),
        sizes={"scale": scale, **{k: str(v) for k, v in asdict(plan).items()}},
        seed=plan.seed,
    )
    console.print(line)
    return 0


def measure(bench: Bench, *, is_small: bool) -> list[Figure]:
    """Take every figure, in an order in which each can build on the one before."""
    figures = [company(bench)]
    start = bench.run("start", bench.yesterday)
    figures.append(
        Figure(
            name="dbt: start (imports, parse)",
            value=round(start.seconds, 2),
            unit="s",
            detail=f"{start.said['detail']}; {start.cpu_seconds:.1f} s CPU",
        )
    )
    same = None if is_small else bench.run("same", bench.yesterday)
    full, script = bench.run("dbt", bench.yesterday), bench.run("script", bench.yesterday)
    figures += beside_script(full, script)
    if same:
        ratio = same.seconds / script.seconds
        cpu = same.cpu_seconds / script.cpu_seconds
        figures += [
            Figure(
                name="dbt: those three marts alone over the script by hand",
                value=round(ratio, 2),
                unit="ratio",
                detail=f"the same outputs, and the models they need; CPU {cpu:.2f}",
            ),
            taken("dbt: those three marts alone", same),
        ]
    figures += one_more_day(bench, full, start)
    if not is_small:
        figures += after_models(bench)
    figures += questions(bench)
    figures += memory(bench, full, is_small=is_small)
    figures += beside_engines(bench, full, is_small=is_small)
    return figures


def company(bench: Bench) -> Figure:
    """Make the synthetic company, or find it there."""
    raw, truth = bench.home / "warehouse" / "raw.duckdb", bench.home / "truth"
    manifest = truth / "manifest.json"
    began = time.monotonic()
    if not manifest.exists():
        shutil.rmtree(bench.home, ignore_errors=True)
        raw.parent.mkdir(parents=True, mode=0o700)
        make(bench.plan, raw, truth)
    rows = json.loads(manifest.read_text())["rows"]
    return Figure(
        name="synthetic company",
        value=round(time.monotonic() - began, 1),
        unit="s",
        detail=f"{bench.plan.customers:,} customers, {rows['shop.order_lines']:,} order lines, "
        f"{rows['web.events']:,} events; raw file {raw.stat().st_size / 1e6:,.0f} MB"
        + ("" if time.monotonic() - began > 1 else "; was there already"),
    )


def make(plan: Plan, raw: Path, truth: Path) -> None:
    """Draw the company in a process of its own: a child starts at its parent's peak memory."""
    asked = asdict(plan) | {"raw": raw, "truth": truth}
    options = [part for name, value in asked.items() for part in (option(name), str(value))]
    subprocess.run(
        [sys.executable, "-m", "include.demo.synthetic", *options], cwd=CHECKOUT, check=True
    )


def option(name: str) -> str:
    """Return a field of the plan as the command spells it."""
    return f"--{name.replace('_', '-')}"


def beside_script(full: Run, script: Run) -> list[Figure]:
    """Compare the cold build with the script by hand, where their tables are equal."""
    tables = ("rfm", "sessions", "engagement")
    equal = [name for name in tables if full.said[name] == script.said[name]]
    differ = [name for name in tables if name not in equal]
    are_equal = not {"rfm", "sessions"} & set(differ)
    ratio = full.seconds / script.seconds
    said = f"equal digests and counts: {', '.join(equal) or 'none'}"
    said += f"; DIFFERENT: {', '.join(differ)}" if differ else ""
    figures = [
        Figure(
            name="dbt: cold full build over the script by hand",
            value=round(ratio, 2),
            unit="ratio",
            target=f"<= {SLOWEST}",
            holds=are_equal and ratio <= SLOWEST,
            detail=f"{said}; CPU {full.cpu_seconds / script.cpu_seconds:.2f}. The build makes "
            "every mart, the script visits, RFM and engagement alone",
        )
    ]
    if not are_equal:
        figures = [
            Figure(
                name="dbt and script by hand disagree",
                value=0,
                unit="ratio",
                holds=False,
                detail=said,
            )
        ]
    return [
        *figures,
        taken("dbt: cold full build, tests apart", full),
        taken("script by hand: visits, RFM, engagement", script),
    ]


def one_more_day(bench: Bench, full: Run, start: Run) -> list[Figure]:
    """Build the day after on what was built, and check it against the script's day after."""
    more, script = bench.run("dbt", bench.today), bench.run("script", bench.today)
    tables = ("rfm", "sessions", "engagement")
    equal = [name for name in tables if more.said[name] == script.said[name]]
    beyond = max(more.seconds - start.seconds, 0) / full.seconds
    return [
        Figure(
            name="dbt: one more day beyond dbt's start, over the full build",
            value=round(beyond, 3),
            unit="ratio",
            target=f"<= {DAY_SHARE}",
            holds=beyond <= DAY_SHARE,
            detail=f"{more.seconds:.1f} s, of which start {start.seconds:.1f} s; "
            f"equal to the script's next day: {', '.join(equal) or 'none'}; {more.said['slowest']}",
        ),
        taken("dbt: one more day", more),
    ]


def after_models(bench: Bench) -> list[Figure]:
    """Build what waits for the models' answers; here the answers are made up."""
    return [
        taken(
            "dbt: what waits for the models (audiences, 360)", bench.run("audiences", bench.today)
        )
    ]


def questions(bench: Bench) -> list[Figure]:
    """Ask docs/questions.md's questions of what was built."""
    asked = bench.run("questions", bench.today)
    times = {name: float(took) for name, took in asked.said.items() if not took.startswith("!")}
    failed = [f"{name}: {took}" for name, took in asked.said.items() if took.startswith("!")]
    return [
        Figure(
            name=f"questions of docs/questions.md: median of {len(times)}",
            value=round(1_000 * statistics.median(times.values()), 1),
            unit="ms",
            detail="; ".join(
                [*(f"{name} {1_000 * took:.0f}" for name, took in times.items()), *failed]
            ),
        )
    ]


def memory(bench: Bench, full: Run, *, is_small: bool) -> list[Figure]:
    """Say what the whole build needs under 4 GB, and that it works under 1 GB."""
    figures = [
        Figure(
            name="dbt: peak memory of the build under a limit of 4 GB",
            value=round(full.peak_megabytes),
            unit="MB",
            target=f"<= {MEMORY}",
            holds=full.peak_megabytes <= MEMORY,
        )
    ]
    if is_small:
        return figures
    try:
        tight = bench.run("dbt", bench.yesterday, memory="1GB")
    except RuntimeError as error:
        failed = str(error).splitlines()[-1][:300]
        return [
            *figures,
            Figure(
                name="dbt: cold full build under 1 GB",
                value=0,
                unit="s",
                holds=False,
                detail=failed,
            ),
        ]
    return [*figures, taken("dbt: cold full build under 1 GB", tight)]


def beside_engines(bench: Bench, full: Run, *, is_small: bool) -> list[Figure]:
    """Compare with Polars, pandas and Spark, which do the heart of the work on Parquet copies."""
    bench.run("export", bench.yesterday)
    figures = []
    whole = json.loads((bench.home / "truth" / "manifest.json").read_text())["plan"]["customers"]
    for engine in ENGINES:
        if is_small and engine == "pyspark":
            continue  # its virtual machine alone takes longer than all the rest
        if find_spec(engine) is None:
            name = f"{engine} over dbt"
            detail = f"{engine} is not installed here, so nothing was measured"
            figures.append(Figure(name=name, value=0, unit="ratio", detail=detail))
            continue
        part = 1.0 if engine == "polars" or is_small else min(1.0, FRACTION_CUSTOMERS / whole)
        run = bench.run(f"{engine}:{part}", bench.yesterday)
        scaled = run.seconds / part
        figures.append(
            Figure(
                name=f"{engine} over dbt",
                value=round(scaled / full.seconds, 2),
                unit="ratio",
                target="> 1",
                holds=scaled > full.seconds,
                detail=f"{scaled:.1f} s for visits, RFM and counts by customer from Parquet"
                + (f", scaled from {part:.0%}" if part < 1 else "")
                + f"; peak {run.peak_megabytes:,.0f} MB; {run.said}",
            )
        )
    return figures


def taken(name: str, run: Run) -> Figure:
    """Return what one run took, as a figure."""
    return Figure(
        name=name,
        value=round(run.seconds, 1),
        unit="s",
        detail=f"{run.cpu_seconds:.1f} s CPU, peak {run.peak_megabytes:,.0f} MB; "
        f"{run.said.get('slowest', '')}",
    )


if __name__ == "__main__":
    raise SystemExit(main())

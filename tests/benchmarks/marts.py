"""The benchmark of the marts: dbt beside a script by hand, Polars, pandas and Spark; one more day.

``make bench-marts`` prints a table and writes ``<home>/benchmarks/marts.json``; it exits 0 when it
ran, whatever holds. The company is synthetic and kept for the next run, but for ``SCALE=small``,
which ends within a minute (``SCALE=50000`` is a company of so many customers): one drawn before is
used where it lies, in ``<home>/benchmarks/marts-N/`` with ``warehouse/raw.duckdb`` and ``truth/``.
Every measurement is a process of its own (`marts_runs`), which starts from the same raw file.
"""

import os
import shutil
from dataclasses import asdict

from rich.console import Console

from include.demo.synthetic.plan import Plan
from include.settings import Settings
from tests.benchmarks.figures import Beginning, Figure, show, write_report
from tests.benchmarks.marts_beside import (
    ROOMY,
    after_models,
    beside_engines,
    identity,
    memory,
    questions,
)
from tests.benchmarks.marts_company import Bench, Run, company, taken

SLOWEST, DAY_SHARE = 1.5, 0.05
SMALL = Plan(customers=800, days=100)
console = Console(width=160)


def main() -> int:
    """Measure, print and write the figures."""
    scale = os.environ.get("SCALE", "full")
    plan = {
        "small": SMALL,
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
    if not is_small:
        figures.append(begun("dbt: first start (imports, parse)", bench.run("start", bench.today)))
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
                target=f"<= {SLOWEST}",
                holds=ratio <= SLOWEST,
                detail=f"the same outputs, and the models they need; CPU {cpu:.2f}",
            ),
            taken("dbt: those three marts alone", same),
        ]
    figures += one_more_day(bench, full)
    if not is_small:
        figures += beyond_dbt(bench, full, figures[-1])
    figures.append(identity(bench))
    if not is_small:
        figures += after_models(bench)
    figures += questions(bench)
    figures += memory(bench, full, is_small=is_small)
    roomy = full if is_small else bench.run("same", bench.yesterday, memory=ROOMY)
    figures += beside_engines(bench, roomy, script, is_small=is_small)
    return figures


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


def begun(name: str, start: Run) -> Figure:
    """Return what dbt takes before it builds anything, as a figure."""
    return Figure(
        name=name,
        value=round(start.seconds, 2),
        unit="s",
        detail=f"{start.said['detail']}; {start.cpu_seconds:.1f} s CPU",
    )


def one_more_day(bench: Bench, full: Run) -> list[Figure]:
    """Build the day after on what was built, and check it against the script's day after."""
    start = bench.run("start_again", bench.today)
    more, script = bench.run("dbt", bench.today), bench.run("script", bench.today)
    tables = ("rfm", "sessions", "engagement")
    equal = [name for name in tables if more.said[name] == script.said[name]]
    beyond = max(more.seconds - start.seconds, 0) / full.seconds
    cpu = max(more.cpu_seconds - start.cpu_seconds, 0) / full.cpu_seconds
    facts = float(more.said["following"]) / max(float(full.said["following"]), 0.01)
    return [
        begun("dbt: start of another day (imports, what was parsed before)", start),
        Figure(
            name="dbt: one more day beyond dbt's start, over the full build",
            value=round(beyond, 3),
            unit="ratio",
            target=f"<= {DAY_SHARE}",
            holds=beyond <= DAY_SHARE,
            detail=f"{more.seconds:.1f} s, of which start {start.seconds:.1f} s; CPU {cpu:.3f}; "
            f"equal to the script's next day: {', '.join(equal) or 'none'}; {more.said['slowest']}",
        ),
        Figure(
            name="dbt: one more day of the tables that follow their deliveries, over all of them",
            value=round(facts, 3),
            unit="ratio",
            target=f"<= {DAY_SHARE}",
            holds=facts <= DAY_SHARE,
            detail="orders, sessions and identities, by dbt's own clock",
        ),
        taken("dbt: one more day", more),
    ]


def beyond_dbt(bench: Bench, full: Run, more: Figure) -> list[Figure]:
    """Compare one more day with one of next to no data, which is dbt's own work a model."""
    few = Bench(SMALL, bench.home.with_name("marts-own"))
    try:
        company(few)
        few.run("dbt", few.yesterday)
        own = few.run("dbt", few.today)
    finally:
        shutil.rmtree(few.home, ignore_errors=True)
    return [
        taken(f"dbt: one more day of {SMALL.customers} customers: dbt's own work", own),
        Figure(
            name="dbt: one more day beyond that, over the full build",
            value=round(max(more.value - own.seconds, 0) / full.seconds, 3),
            unit="ratio",
            detail="what the day's data cost",
        ),
    ]


if __name__ == "__main__":
    raise SystemExit(main())

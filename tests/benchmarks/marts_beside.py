"""What the benchmark of the marts measures beside time: answers, identity, memory, engines."""

import json
import statistics
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec

from tests.benchmarks.engines.rules import OUTPUTS
from tests.benchmarks.figures import Figure
from tests.benchmarks.marts_company import Bench, Run, company, taken
from tests.benchmarks.marts_identity import score

MEMORY = 4_400  # MB: DuckDB's limit of 4 GB, and Python's own
ROOMY = "12GB"  # what Polars takes of its own accord: engines are compared with as much for each
ENGINES = ("polars", "pandas", "pyspark")
FRACTION_CUSTOMERS = 100_000  # for pandas, which holds all in memory; scaled up in proportion


def after_models(bench: Bench) -> list[Figure]:
    """Build what waits for the models' answers; here the answers are made up."""
    return [
        taken(
            "dbt: what waits for the models (audiences, 360)", bench.run("audiences", bench.today)
        )
    ]


def identity(bench: Bench) -> Figure:
    """Hold the identity map against what was planted: nobody may be welded to anybody."""
    found = score(bench.home / "warehouse" / "tessera.duckdb", bench.home / "truth")
    return Figure(
        name="identity: precision of whose a browser or an address is",
        value=round(found.precision, 6),
        unit="share",
        target="= 1",
        holds=found.precision == 1,
        detail=f"of {found.found:,} pairs of identifier and person; {found.welded:,} customers "
        f"were given another's; recall {found.recall:.3f} of {found.planted:,} planted, of which "
        "some never logged in, ordered or left an address",
    )


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


def beside_engines(bench: Bench, built: Run, script: Run, *, is_small: bool) -> Iterator[Figure]:
    """Compare what dbt took with Polars, pandas and Spark, which do that work.

    dbt's is its build of visits, RFM and engagement alone, with as much memory as they take; at the
    small size, of everything. The others cannot read the raw tables' file, so DuckDB copies the
    columns they need to Parquet: from the raw tables on means with that copy, and what they take
    where it lies there already is printed beside it. For pandas a smaller company is drawn, so that
    it has all its rows.
    """
    if not is_small:
        yield taken(f"dbt: those three marts alone under {ROOMY}", built)
    whole = json.loads((bench.home / "truth" / "manifest.json").read_text())["plan"]["customers"]
    copied = bench.run("export", bench.yesterday)
    for engine in ENGINES:
        if is_small and engine == "pyspark":
            continue  # its virtual machine alone takes longer than all the rest
        if find_spec(engine) is None:
            detail = f"{engine} is not installed here, so nothing was measured"
            yield Figure(name=f"{engine} over dbt", value=0, unit="ratio", detail=detail)
        elif engine != "pandas" or whole <= FRACTION_CUSTOMERS:
            run = bench.run(engine, bench.yesterday)
            yield from beside(engine, (copied, run), built, script)
        else:
            small = fraction(bench)
            runs = small.run("export", bench.yesterday), small.run(engine, bench.yesterday)
            expected = small.run("script", bench.yesterday)
            yield from beside(engine, runs, built, expected, part=FRACTION_CUSTOMERS / whole)


def fraction(bench: Bench) -> Bench:
    """Draw a company of a fraction's size, or find it."""
    plan = replace(bench.plan, customers=FRACTION_CUSTOMERS)
    small = Bench(plan, bench.home.with_name(f"marts-{FRACTION_CUSTOMERS}"))
    company(small)
    return small


def beside(
    engine: str, runs: tuple[Run, Run], built: Run, script: Run, *, part: float = 1
) -> Iterator[Figure]:
    """Set an engine's seconds, with and without its copy of the raw tables, over dbt's.

    Whether it did the same work, the digests say.
    """
    copied, run = runs
    equal = [name for name in OUTPUTS if run.said[name] == script.said[name]]
    differ = [name for name in OUTPUTS if name not in equal]
    said = f"equal digests and counts: {', '.join(equal) or 'none'}"
    said += f"; NOT COMPARABLE, it does less: {', '.join(differ)}" if differ else ""
    said += f"; peak {run.peak_megabytes:,.0f} MB"
    said += f"; scaled from {part:.0%}" if part < 1 else ""
    for name, parts in (
        (f"{engine} over dbt, from the raw tables", runs),
        (f"{engine} over dbt, from Parquet that lies there already", (run,)),
    ):
        seconds = sum(each.seconds for each in parts) / part
        cpu = sum(each.cpu_seconds for each in parts) / part
        yield Figure(
            name=name,
            value=round(seconds / built.seconds, 2),
            unit="ratio",
            target="> 1",
            holds=seconds > built.seconds and not differ,
            detail=f"{said}; {seconds:.1f} s, {cpu:.1f} s CPU; the copy takes "
            f"{copied.seconds / part:.1f} s",
        )

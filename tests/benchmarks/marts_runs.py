"""What one process of the benchmark of the marts does and measures: KIND, DAY, when it BEGAN."""

import importlib
import json
import re
import resource
import shutil
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from include.settings import CHECKOUT, Settings
from include.warehouse import Connection, canonical_digest, connect, literal, quoted
from tests.benchmarks.engines import exported
from tests.benchmarks.engines.by_hand import script
from tests.benchmarks.engines.rules import OUTPUTS, SEEDS

if TYPE_CHECKING:
    from collections.abc import Callable

MARTS = {
    "rfm": "marts.mart_customer_rfm",
    "sessions": "marts.fct_sessions",
    "engagement": "marts.mart_customer_engagement",
}
SAME = [f"+{name}" for name in ("mart_customer_rfm", "fct_sessions", "mart_customer_engagement")]
NO_TESTS = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
CHILDREN = resource.RUSAGE_CHILDREN  # Spark works in one
Said = dict[str, str]


def start(settings: Settings, day: str) -> Said:
    """Parse the project with nothing parsed before, as a new home or release does."""
    shutil.rmtree(settings.dbt, ignore_errors=True)
    return start_again(settings, day)


def start_again(settings: Settings, day: str) -> Said:
    """Load what was parsed before, as every other morning does."""
    from include import transform  # noqa: PLC0415 - its seconds are dbt's, not the script's

    began = time.perf_counter()
    transform.invoke(["parse"], as_of=day, settings=settings)
    return {"detail": f"of which parse {time.perf_counter() - began:.1f} s"}


def dbt(settings: Settings, day: str, *choice: str) -> Said:
    """Build the marts as the pipeline does, but for its tests; at first with nothing parsed."""
    from include import transform  # noqa: PLC0415 - its seconds are dbt's, not the script's

    if not settings.marts.exists():
        shutil.rmtree(settings.dbt, ignore_errors=True)
    arguments = ["build", *NO_TESTS, *(choice or ("--exclude", "tag:audiences"))]
    outcome = transform.invoke(arguments, as_of=day, settings=settings)
    models = transform.summarise(outcome)["seconds_per_model"]
    slowest = sorted(models, key=models.get, reverse=True)[:15]
    built: Any = outcome.result
    follow = {
        result.node.name
        for result in built
        if getattr(result.node.config, "materialized", "") == "incremental"
    }
    return {
        "slowest": ", ".join(f"{name} {models[name]}" for name in slowest),
        "following": str(round(sum(models[name] for name in follow), 2)),
    }


def same(settings: Settings, day: str) -> Said:
    """Build, on a new file, no more than the script by hand makes, and what that needs."""
    settings.marts.unlink(missing_ok=True)
    return dbt(settings, day, *(part for name in SAME for part in ("--select", name)))


def by_hand(settings: Settings, day: str) -> Said:
    """Run the script by hand into a file of its own."""
    out = settings.home / "warehouse" / "by_hand.duckdb"
    out.unlink(missing_ok=True)
    with connect(out, attach={"raw": settings.raw}, folders=(SEEDS,)) as connection:
        for statement in script(date.fromisoformat(day), SEEDS):
            connection.execute(statement)
    return {}


def digests(file: Path, tables: dict[str, str]) -> Said:
    """Return each table's canonical digest and its row count."""
    with connect(file, read_only=True) as connection:
        return table_digests(connection, tables)


def table_digests(connection: Connection, tables: dict[str, str]) -> Said:
    """Return each table's canonical digest and its row count, in what is open."""
    return {
        name: f"{canonical_digest(connection, table)} "
        f"{connection.execute(f'SELECT count(*) FROM {table}').fetchall()[0][0]}"
        for name, table in tables.items()
    }


def audiences(settings: Settings, day: str) -> Said:
    """Make up the models' answers from what was planted, and build what waits for them."""
    truth = settings.home / "truth"
    with connect(settings.marts, folders=(truth,)) as connection:
        planted = f"read_parquet({literal(truth / 'customers.parquet')})"
        connection.execute("CREATE SCHEMA IF NOT EXISTS ml")
        connection.execute(
            "CREATE OR REPLACE TABLE ml.customer_segments AS SELECT as_of, customer_id, "
            "coalesce(segment, 'None') AS segment_id, coalesce(segment, 'None') AS segment_name, "
            "0.9::decimal(6, 4) AS strength, false AS is_weak, as_of AS since_date, "
            "'planted' AS model_version, '' AS reasons "
            f"FROM marts.mart_customer_features JOIN {planted} USING (customer_id)"
        )
        connection.execute(
            "CREATE OR REPLACE TABLE ml.customer_churn_scores AS SELECT as_of, customer_id, "
            "least(30 * churn_hazard_per_day, 1)::decimal(9, 6) AS churn_score, "
            "CASE WHEN churn_hazard_per_day > 0.004 THEN 'high' ELSE 'low' END AS churn_risk, "
            "'planted' AS model_version "
            f"FROM marts.mart_customer_features JOIN {planted} USING (customer_id)"
        )
    return dbt(settings, day, "--select", "tag:audiences")


def questions(settings: Settings, _day: str) -> Said:
    """Ask each question of docs/questions.md five times; the median, or why there is none."""
    page = (CHECKOUT / "docs" / "questions.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sql\n(.*?)```", page, flags=re.DOTALL)
    said = {}
    with connect(settings.marts, read_only=True) as connection:
        for number, query in enumerate(blocks, start=1):
            taken = []
            for _ in range(5):
                began = time.perf_counter()
                try:
                    connection.execute(query).fetchall()
                except Exception as error:  # noqa: BLE001 - a table that is not there is an answer
                    said[f"{number}"] = f"! {str(error).splitlines()[0][:120]}"
                    break
                taken.append(time.perf_counter() - began)
            else:
                said[f"{number}"] = str(sorted(taken)[2])
    return said


def export(settings: Settings, day: str) -> Said:
    """Write the narrow Parquet copies that the other engines read."""
    exported.export(settings.raw, settings.home / "parquet", date.fromisoformat(day))
    return {}


def engine(name: str, settings: Settings, day: str) -> Said:
    """Do the script's work in another engine, into Parquet of its own."""
    out = settings.home / "engines" / name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    module = importlib.import_module(f"tests.benchmarks.engines.in_{name}")
    module.run(settings.home / "parquet", out, date.fromisoformat(day))
    return {}


def parquet_digests(folder: Path) -> Said:
    """Return the digest and the row count of each output that an engine wrote."""
    written = {name: folder / f"{name}.parquet" for name in OUTPUTS}
    with connect(None, folders=(folder,)) as connection:
        for name, file in written.items():
            files = file / "*.parquet" if file.is_dir() else file  # Spark writes a folder
            rows = f"read_parquet({literal(files)})"
            connection.execute(f"CREATE VIEW {quoted(name)} AS FROM {rows}")
        return table_digests(connection, {name: f"main.{name}" for name in OUTPUTS})


def main() -> None:
    """Do what is asked, and print what it took as the last line."""
    kind, day, began = sys.argv[1:]
    settings = Settings.from_env()
    if kind == "dbt" and not is_next_day(settings, day):
        settings.marts.unlink(missing_ok=True)
    work: dict[str, Callable[[Settings, str], Said]] = {
        "start": start,
        "start_again": start_again,
        "dbt": dbt,
        "same": same,
        "script": by_hand,
        "audiences": audiences,
        "questions": questions,
        "export": export,
    }
    is_engine = kind not in work
    said = engine(kind, settings, day) if is_engine else work[kind](settings, day)
    seconds = time.time() - float(began)  # from before Python started
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, CHILDREN))
    cpu = sum(used.ru_utime + used.ru_stime for used in (own, others))
    peak = max(own.ru_maxrss, others.ru_maxrss) / 1024
    if kind in {"dbt", "same"}:
        said |= digests(settings.marts, MARTS)
    if kind == "script":
        said |= digests(
            settings.home / "warehouse" / "by_hand.duckdb", {n: f"main.{n}" for n in MARTS}
        )
    if is_engine:
        said |= parquet_digests(settings.home / "engines" / kind)
    run = {"seconds": seconds, "cpu_seconds": cpu, "peak_megabytes": peak, "said": said}
    sys.stdout.write(f"\n{json.dumps(run)}\n")


def is_next_day(settings: Settings, day: str) -> bool:
    """Say whether what is built stands at an earlier day, so that this one goes on from it."""
    if not settings.marts.exists():
        return False
    with connect(settings.marts, read_only=True) as connection:
        [(built,)] = connection.execute("SELECT max(as_of) FROM marts.mart_customer_rfm").fetchall()
    return bool(built < date.fromisoformat(day))


if __name__ == "__main__":
    main()

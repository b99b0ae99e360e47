"""What one process of the benchmark of the marts does and measures: KIND, DAY, when it BEGAN."""

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
from include.warehouse import canonical_digest, connect, literal
from tests.benchmarks.marts_reference import script

if TYPE_CHECKING:
    from collections.abc import Callable

MARTS = {
    "rfm": "marts.mart_customer_rfm",
    "sessions": "marts.fct_sessions",
    "engagement": "marts.mart_customer_engagement",
}
SEEDS = CHECKOUT / "dbt_project" / "seeds"
SAME = [f"+{name}" for name in ("mart_customer_rfm", "fct_sessions", "mart_customer_engagement")]
NO_TESTS = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
NARROW = {  # what the other engines read: raw columns as they are, and nothing they do not need
    "lines": "order_id, customer_id, ordered_at, quantity, sales_amount, _delivered_on "
    "FROM raw.raw_shop.order_lines",
    "cancellations": "order_id, cancelled_at, _delivered_on FROM raw.raw_shop.order_cancellations",
    "events": "event_id, visitor_id, customer_id, event_type, event_at, page_path, device_type, "
    "referrer, utm_source, utm_medium, utm_campaign, _delivered_on FROM raw.raw_web.events",
}
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
    folder = settings.home / "parquet"
    folder.mkdir(exist_ok=True)
    with connect(None, attach={"raw": settings.raw}, folders=(folder,)) as connection:
        for name, columns in NARROW.items():
            at = {"lines": "ordered_at", "events": "event_at"}.get(name, "cancelled_at")
            connection.execute(
                f"COPY (SELECT {columns} WHERE {at} < DATE '{day}' "
                f"AND _delivered_on <= DATE '{day}') TO {literal(folder / f'{name}.parquet')} "
                "(FORMAT parquet, COMPRESSION zstd)"
            )
    return {}


def engine(name: str, part: float, settings: Settings, day: str) -> Said:
    """Do the heart of the work in another engine."""
    from tests.benchmarks import marts_engines, marts_spark  # noqa: PLC0415 - nor is it dbt's

    module = marts_spark if name == "pyspark" else marts_engines
    counts = getattr(module, f"by_{name}")(settings.home / "parquet", date.fromisoformat(day), part)
    return {key: str(value) for key, value in counts.items()}


def main() -> None:
    """Do what is asked, and print what it took as the last line."""
    kind, day, began = sys.argv[1:]
    settings = Settings.from_env()
    kind, _, part = kind.partition(":")
    if kind == "dbt" and not is_next_day(settings, day):
        settings.marts.unlink(missing_ok=True)
    work: dict[str, Callable[[Settings, str], Said]] = {
        "start": start,
        "start_again": start_again,
        "dbt": dbt,
        "same": same,
        "script": by_hand,
        "audiences": audiences,
    }
    work |= {"questions": questions, "export": export}
    said = engine(kind, float(part), settings, day) if part else work[kind](settings, day)
    seconds, cpu = time.time() - float(began), time.process_time()  # from before Python started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if kind == "dbt":
        said |= digests(settings.marts, MARTS)
    if kind == "script":
        said |= digests(
            settings.home / "warehouse" / "by_hand.duckdb", {n: f"main.{n}" for n in MARTS}
        )
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

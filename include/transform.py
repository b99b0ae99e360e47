"""Transform: run the dbt project in process, from raw tables to marts and audiences.

Nothing here knows a model by name; what is built, and in which order, is the project's business.
"""

import logging
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult

from include.settings import CHECKOUT, Settings
from include.warehouse import make_private_folder

PROJECT = CHECKOUT / "dbt_project"
AUDIENCES = ["tag:audiences"]  # what reads the models' answers, so is built after scoring
FAILED = {"error", "fail", "runtime error"}

logger = logging.getLogger(__name__)


class BuildFailedError(RuntimeError):
    """Some nodes of the dbt project failed; what was built before them stays as it is."""


def build_marts(as_of: str) -> dict[str, Any]:
    """Build and test everything the models learn from."""
    return run(as_of, exclude=AUDIENCES)


def build_audiences(as_of: str) -> dict[str, Any]:
    """Build and test the audiences, from the models' answers of the day."""
    return run(as_of, select=AUDIENCES)


def run(
    as_of: str, *, select: Sequence[str] = (), exclude: Sequence[str] = ()
) -> dict[str, Any]:
    """Build the selected models, seeds and data tests, in the project's order, as of a date.

    Unit tests stay out: they test the code, not the day's data, so the test suite runs them.
    Raises :class:`BuildFailedError` with every failing node.
    """
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    arguments += [part for chosen in select for part in ("--select", chosen)]
    arguments += [part for left_out in exclude for part in ("--exclude", left_out)]
    settings = Settings.from_env()
    outcome = invoke(arguments, as_of=date.fromisoformat(as_of), settings=settings)
    summary = summarise(outcome, settings=settings)
    logger.info(
        "Built %d models and %d seeds, passed %d tests, in %.1f s; %d warnings",
        *(summary[key] for key in ("models", "seeds", "tests", "seconds")),
        len(summary["warnings"]),
    )
    return summary


def docs(as_of: str) -> Path:
    """Write the project's documentation as one page that needs nothing beside it."""
    settings = Settings.from_env()
    outcome = invoke(
        ["docs", "generate", "--static"], as_of=date.fromisoformat(as_of), settings=settings
    )
    if not outcome.success:
        raise BuildFailedError(explain(outcome, settings=settings))
    page = settings.docs / "dbt" / "index.html"
    make_private_folder(page.parent)
    written = (settings.dbt / "target" / "static_index.html").read_text(encoding="utf-8")
    page.write_text(without_outside_links(written), encoding="utf-8")
    return page


def invoke(arguments: Sequence[str], *, as_of: date, settings: Settings) -> dbtRunnerResult:
    """Run one dbt command on the working file, and let go of the file afterwards."""
    if not settings.raw.exists():
        raise BuildFailedError(
            f"There is no raw warehouse at {settings.raw}, so there is nothing to build from. "
            f"Land extracts for {as_of} first."
        )
    make_private_folder(settings.marts.parent)
    make_private_folder(settings.dbt)
    with environment(settings):
        try:
            return dbtRunner().invoke([
                *("--quiet", "--no-use-colors", "--log-path", str(settings.dbt / "logs")),
                *arguments,
                *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
                *("--target-path", str(settings.dbt / "target")),
                *("--vars", f"{{as_of: '{as_of}'}}"),
            ])
        finally:  # dbt keeps the file, and with it everyone else out, until its process ends
            DuckDBConnectionManager.close_all_connections()


@contextmanager
def environment(settings: Settings) -> Iterator[None]:
    """Lend dbt's profile the settings it reads as variables, and create files for the owner."""
    lent = {
        "TESSERA_DBT_WORKING_FILE": str(settings.marts),
        "TESSERA_DBT_RAW_FILE": str(settings.raw),
        "TESSERA_DBT_MEMORY_LIMIT": settings.memory_limit,
        "TESSERA_DBT_THREADS": str(settings.threads),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    before = {name: os.environ.get(name) for name in lent}
    mask = os.umask(0o077)
    os.environ.update(lent)
    try:
        yield
    finally:
        os.umask(mask)
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def summarise(outcome: dbtRunnerResult, *, settings: Settings) -> dict[str, Any]:
    """Count what was built and how long each model took, or raise where something failed."""
    if not outcome.success:
        raise BuildFailedError(explain(outcome, settings=settings))
    results = list(outcome.result)  # type: ignore[arg-type] # a build returns run results
    kinds = Counter(str(result.node.resource_type) for result in results)
    return {
        "models": kinds["model"],
        "seeds": kinds["seed"],
        "tests": kinds["test"],
        "seconds": round(outcome.result.elapsed_time, 1),  # type: ignore[union-attr]
        "seconds_per_model": {
            result.node.name: round(result.execution_time, 2)
            for result in results
            if str(result.node.resource_type) == "model"
        },
        "warnings": sorted(result.node.name for result in results if result.status == "warn"),
    }


def explain(outcome: dbtRunnerResult, *, settings: Settings) -> str:
    """Say which nodes failed, how, and what to do."""
    if outcome.exception is not None:
        return f"dbt stopped before it built anything: {outcome.exception}{remedy(settings)}"
    results = list(outcome.result or ())  # type: ignore[arg-type]
    failed = [result for result in results if str(result.status) in FAILED]
    skipped = sum(str(result.status) == "skipped" for result in results)
    lines = [
        f"- {result.node.resource_type} {result.node.name}: {' '.join(result.message.split())}"
        for result in failed
    ]
    return "\n".join([
        f"{len(failed)} nodes of the dbt project failed, {skipped} after them were skipped:",
        *lines,
        remedy(settings).strip(),
    ])


def remedy(settings: Settings) -> str:
    """Tell what to do about any failure; a held file has its own cause and cure."""
    return (
        f" Fix the cause and clear this task: a build replaces its own tables whole. "
        f"Where a lock is named, another process holds {settings.marts.name}: close it first. "
        f"The compiled SQL and the log are under {settings.dbt}."
    )


def without_outside_links(page: str) -> str:
    """Drop what the page would fetch from elsewhere."""
    return page

"""Transform: run the dbt project in process, from raw tables to marts and audiences.

Nothing here knows a model by name; what is built, and in which order, is the project's business.
"""

import hashlib
import logging
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt_common.events.event_manager_client import get_event_manager

from include.settings import CHECKOUT, Settings
from include.warehouse import connect, make_private_folder

PROJECT = CHECKOUT / "dbt_project"
AUDIENCES = ["tag:audiences"]  # what reads the models' answers, so is built after scoring
TOUCHED = "touched_"  # the keys a table is made anew for where it follows its deliveries
FOLLOWS = "replace_touched"  # the strategy of such a table
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


def run(as_of: str, *, select: Sequence[str] = (), exclude: Sequence[str] = ()) -> dict[str, Any]:
    """Build the selected models, seeds and data tests, in the project's order, as of a date.

    Unit tests stay out: they test the code, not the day's data, so the test suite runs them.
    Raises :class:`BuildFailedError` with every failing node.
    """
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    arguments += ["--indirect-selection", "buildable"]  # no test of a table that is not there yet
    arguments += [part for chosen in select for part in ("--select", chosen)]
    arguments += [part for left_out in exclude for part in ("--exclude", left_out)]
    summary = summarise(invoke(arguments, as_of=as_of, settings=Settings.from_env()))
    logger.info(
        "Built %d models and %d seeds, passed %d tests, in %.1f s",
        *(summary[key] for key in ("models", "seeds", "tests", "seconds")),
    )
    if summary["built_whole"]:
        logger.info(
            "Built whole, with nothing to go on from: %d tables that follow their deliveries, %s "
            "(a first build, an earlier day, a changed project, or a file that is gone)",
            len(summary["built_whole"]),
            ", ".join(summary["built_whole"]),
        )
    for name in summary["warnings"]:
        logger.warning("The test %s found rows; it warns and does not stop the day", name)
    return summary


def docs(as_of: str) -> Path:
    """Write the project's documentation as one page that calls nobody."""
    settings = Settings.from_env()
    arguments = ["--write-json", "docs", "generate", "--static"]
    outcome = invoke(arguments, as_of=as_of, settings=settings)
    if not outcome.success:
        raise BuildFailedError(explain(outcome))
    written = (settings.dbt / "target" / "static_index.html").read_text(encoding="utf-8")
    page = settings.docs / "dbt" / "index.html"
    make_private_folder(page.parent)
    # The one address dbt's page may fetch by itself is its usage tracker's.
    page.write_text(re.sub(r"//[a-z0-9]+\.cloudfront\.net/[^\"]*", "", written), encoding="utf-8")
    return page


def invoke(arguments: Sequence[str], *, as_of: str, settings: Settings) -> dbtRunnerResult:
    """Run one dbt command on the working file, and let go of the file afterwards."""
    if not settings.raw.exists():
        raise BuildFailedError(
            f"There is no raw warehouse at {settings.raw}, so there is nothing to build from. "
            f"Land the extracts for {as_of} first."
        )
    make_private_folder(settings.marts.parent)
    make_private_folder(settings.dbt)
    with lent_to_dbt(settings, as_of=as_of):
        try:
            return dbtRunner().invoke(
                [
                    # A console's lines are made for every event, shown or not; explain() says more.
                    # And nobody reads the JSON that dbt writes twice a run.
                    *("--log-level", "none", "--no-use-colors", "--no-write-json"),
                    *("--log-path", str(settings.dbt / "logs")),
                    *arguments,
                    *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
                    *("--target-path", str(settings.dbt / "target")),
                ]
            )
        finally:
            let_go()


def project_version() -> str:
    """Return a digest of the project's files: which rules its tables were made by.

    A table that was made by other rules is made anew, not added to (macros/built_batches.sql).
    """
    digest = hashlib.sha256()
    for file in sorted(PROJECT.rglob("*.*")):
        if file.suffix in {".sql", ".csv", ".yml"}:
            digest.update(f"{file.relative_to(PROJECT)}:".encode() + file.read_bytes())
    return digest.hexdigest()


@contextmanager
def lent_to_dbt(settings: Settings, *, as_of: str | None = None) -> Iterator[None]:
    """Set what dbt's profile and project read, and have files created for their owner alone.

    The day is told this way, not by ``--vars``: dbt parses everything anew where those change.
    """
    lent = {
        "TESSERA_DBT_PROJECT_VERSION": project_version(),
        "TESSERA_DBT_WORKING_FILE": str(settings.marts),
        "TESSERA_DBT_RAW_FILE": str(settings.raw),
        "TESSERA_DBT_MEMORY_LIMIT": settings.memory_limit,
        "TESSERA_DBT_THREADS": str(settings.threads),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    if as_of is not None:  # what looks at the connection alone stands at no day
        lent["TESSERA_DBT_AS_OF"] = date.fromisoformat(as_of).isoformat()
    before = {name: os.environ[name] for name in lent if name in os.environ}
    mask = os.umask(0o077)
    os.environ.update(lent)
    try:
        yield
    finally:
        os.umask(mask)
        for name in lent:
            del os.environ[name]
        os.environ.update(before)


def let_go() -> None:
    """Close what dbt holds until its process ends: its log, and the file others wait for."""
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    for sink in get_event_manager().loggers:
        for handler in logging.getLogger(sink.name).handlers:
            handler.close()


def summarise(outcome: dbtRunnerResult) -> dict[str, Any]:
    """Count what was built and how long each model took, or raise where something failed."""
    if not outcome.success:
        raise BuildFailedError(explain(outcome))
    results: Any = outcome.result
    kinds = Counter(str(result.node.resource_type) for result in results)
    return {
        "models": kinds["model"],
        "seeds": kinds["seed"],
        "tests": kinds["test"],
        "seconds": round(results.elapsed_time, 1),
        "seconds_per_model": {
            result.node.name: round(result.execution_time, 2)
            for result in results
            if str(result.node.resource_type) == "model"
        },
        "built_whole": sorted(
            result.node.name
            for result in results
            if follows(result.node) and TOUCHED not in (result.node.compiled_code or "")
        ),
        "warnings": sorted(result.node.name for result in results if result.status == "warn"),
    }


def follows(node: object) -> bool:
    """Say whether a node is a table that is made anew only where something touched it."""
    return getattr(getattr(node, "config", None), "incremental_strategy", None) == FOLLOWS


def explain(outcome: dbtRunnerResult) -> str:
    """Say which nodes failed, how, and what to do."""
    results: Any = outcome.result or ()
    failed = [result for result in results if str(result.status) in FAILED]
    skipped = sum(str(result.status) == "skipped" for result in results)
    if outcome.exception is not None:
        said = [f"dbt stopped before it built anything: {outcome.exception}"]
    else:
        said = [
            f"{len(failed)} nodes of the dbt project failed, {skipped} after them were skipped:",
            *(
                f"- {result.node.resource_type} {result.node.name}: "
                f"{' '.join(str(result.message).split())}"
                for result in failed
            ),
        ]
    cure = (
        "Fix the cause and clear this task: a build replaces its own tables whole. Where a lock is "
        "named, another process holds the file: close it first. "
        "The log and the compiled SQL are in the home's folder dbt."
    )
    return "\n".join([*said, cure])


if __name__ == "__main__":  # python -m include.transform: dbt docs as of the published day
    settings_now = Settings.from_env()
    if not settings_now.published.exists():
        raise SystemExit("Nothing is published yet, so there is nothing to document: run make demo")
    with connect(settings_now.published, read_only=True) as published:
        [(day,)] = published.execute("SELECT as_of FROM meta.publication").fetchall()
    print(f"dbt docs: {docs(str(day))}")  # noqa: T201 - a command's answer

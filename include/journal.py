"""Journal: a line for every change of a task's state, so that a person can watch a run.

Times here are the machine's: they say how long work took, and no data ever depends on them.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict

from include.settings import Settings
from include.warehouse import make_private_folder


class Entry(TypedDict):
    """One change of state of one task."""

    run_id: str
    task_id: str
    state: str
    at: float
    note: str


def path(settings: Settings) -> Path:
    """Return the journal's file."""
    return settings.logs / "journal.jsonl"


def _record(context: Any, state: str) -> None:  # noqa: ANN401 - Airflow's context is a loose mapping
    task_instance = context["task_instance"]
    entry = Entry(
        run_id=str(context["run_id"]),
        task_id=str(task_instance.task_id),
        state=state,
        at=round(time.time(), 3),
        note=str(context.get("exception") or "") if state == "failed" else "",
    )
    file = path(Settings.from_env())
    make_private_folder(file.parent)
    with file.open("a", encoding="utf-8") as journal:
        journal.write(json.dumps(entry) + "\n")


def started(context: Any) -> None:  # noqa: ANN401
    """Note that a task has started (Airflow's ``on_execute_callback``)."""
    _record(context, "started")


def succeeded(context: Any) -> None:  # noqa: ANN401
    """Note that a task has succeeded (Airflow's ``on_success_callback``)."""
    _record(context, "succeeded")


def failed(context: Any) -> None:  # noqa: ANN401
    """Note that a task has failed for good (Airflow's ``on_failure_callback``)."""
    _record(context, "failed")


def entries(file: Path) -> Iterator[Entry]:
    """Yield what ``file`` holds, leaving out a last line that is still being written."""
    if not file.exists():
        return
    for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            yield json.loads(line)


def seconds_by_task(file: Path, run_id: str) -> dict[str, float]:
    """Return how long each finished task of ``run_id`` took, in the order they started."""
    started_at: dict[str, float] = {}
    seconds: dict[str, float] = {}
    for entry in entries(file):
        if entry["run_id"] != run_id:
            continue
        if entry["state"] == "started":
            started_at[entry["task_id"]] = entry["at"]
        elif entry["task_id"] in started_at:
            seconds[entry["task_id"]] = entry["at"] - started_at[entry["task_id"]]
    return seconds

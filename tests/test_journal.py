"""The journal tells a person how far a run is and what each stage cost."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from include import journal
from include.settings import Settings


def test_seconds_are_those_between_start_and_end_of_each_task_of_one_run(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text(
        '{"run_id": "r1", "task_id": "a", "state": "started", "at": 10.0}\n'
        '{"run_id": "r0", "task_id": "a", "state": "succeeded", "at": 11.0}\n'
        '{"run_id": "r1", "task_id": "a", "state": "succeeded", "at": 12.5}\n'
        '{"run_id": "r1", "task_id": "b", "state": "started", "at": 13.0}\n'
    )

    assert journal.seconds_by_task(file, "r1") == {"a": 2.5}


def test_a_line_that_is_still_being_written_is_left_for_the_next_look(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text('{"run_id": "r", "task_id": "a", "state": "started", "at": 1.0}\n{"run_id": ')

    assert [entry["task_id"] for entry in journal.entries(file)] == ["a"]


def test_a_task_that_failed_after_a_retry_is_timed_from_its_last_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESSERA_HOME", str(tmp_path))
    context = {
        "task_instance": SimpleNamespace(task_id="land.x"),
        "run_id": "r",
        "exception": ValueError("why"),
    }

    journal.started(context)
    journal.started(context)
    journal.failed(context)

    file = journal.path(Settings.from_env())
    noted = [(entry["state"], entry["note"]) for entry in journal.entries(file)]
    assert noted == [("started", ""), ("started", ""), ("failed", "why")]
    assert journal.seconds_by_task(file, "r")["land.x"] < 1

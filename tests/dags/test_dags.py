"""Every DAG keeps the house's promises: documented, owned, pooled, retried, alerting."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from include.settings import CHECKOUT, POOL

if TYPE_CHECKING:
    from airflow.sdk import DAG

DAG_FILES = sorted((CHECKOUT / "dags").glob("*.py"))
VERBS = "land|check|build|assign|score|export|publish|write"


def parse(file: Path) -> "DAG":
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415 - heavy, and only here

    bag = DagBag(dag_folder=str(file))
    assert bag.import_errors == {}
    [dag] = bag.dags.values()
    return dag


@pytest.fixture(scope="module", params=DAG_FILES, ids=lambda file: file.stem)
def dag(request: pytest.FixtureRequest) -> "DAG":
    return parse(request.param)


def test_there_are_dags() -> None:
    assert DAG_FILES


def test_the_file_is_named_after_its_one_dag(dag: "DAG") -> None:
    assert dag.dag_id == Path(dag.fileloc).stem


def test_people_find_out_what_it_is_and_whose(dag: "DAG") -> None:
    assert dag.doc_md
    assert "Failed?" in dag.doc_md
    assert dag.tags
    assert dag.max_active_runs == 1
    assert not dag.catchup


def test_every_task_is_owned_pooled_retried_and_alerts(dag: "DAG") -> None:
    assert dag.tasks
    for task in dag.tasks:
        assert task.owner not in {"", "airflow"}, task.task_id
        assert task.pool == POOL, task.task_id
        assert (task.retries or 0) >= 1, task.task_id
        assert task.on_failure_callback, task.task_id
        assert re.match(rf"({VERBS})_", task.task_id.rpartition(".")[2]), task.task_id


def test_nothing_downstream_of_a_gate_runs_without_it(dag: "DAG") -> None:
    for gate, guarded in (("check_landed", "build_marts"), ("check_marts", "publish_marts")):
        downstream = dag.get_task(gate).get_flat_relative_ids(upstream=False)
        assert guarded in downstream


def test_a_task_that_was_skipped_on_purpose_does_not_stop_the_next(dag: "DAG") -> None:
    assert {task.trigger_rule.value for task in dag.tasks} == {"none_failed"}

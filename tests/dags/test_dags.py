"""Every DAG keeps the house's promises: documented, owned, pooled, retried, alerting."""

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from include.settings import CHECKOUT, POOL, Settings

if TYPE_CHECKING:
    from airflow.sdk import DAG

SHARED = "every_run.py"  # what all DAGs have in common; Airflow is told to pass over it
DAG_FILES = sorted(f for f in (CHECKOUT / "dags").glob("*.py") if f.name != SHARED)
VERBS = "copy|fetch|land|check|build|assign|score|train|approve|export|publish|write"


def parse(file: Path) -> "DAG":
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415 - heavy, and only here

    bag = DagBag(dag_folder=str(file))
    assert bag.import_errors == {}
    [dag] = bag.dags.values()
    return dag


@pytest.fixture(scope="module", params=DAG_FILES, ids=lambda file: file.stem)
def dag(request: pytest.FixtureRequest) -> "DAG":
    return parse(request.param)


def test_there_are_dags_and_airflow_finds_no_others() -> None:
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415 - heavy, and only here

    assert len(DAG_FILES) == 2
    bag = DagBag(dag_folder=str(CHECKOUT / "dags"))
    assert bag.import_errors == {}
    assert {Path(dag.fileloc) for dag in bag.dags.values()} == set(DAG_FILES)
    assert {Path(stat.file).name for stat in bag.dagbag_stats} == {f.name for f in DAG_FILES}


def test_the_file_is_named_after_its_one_dag(dag: "DAG") -> None:
    assert dag.dag_id == Path(dag.fileloc).stem


def test_people_find_out_what_it_is_and_whose(dag: "DAG") -> None:
    assert dag.doc_md
    assert "Failed?" in dag.doc_md
    assert dag.tags
    assert dag.max_active_runs == 1
    assert not dag.catchup


def test_waking_it_starts_nothing_that_was_missed(dag: "DAG") -> None:
    # Airflow would start a run missed within a tenth of the interval, whatever hour that makes it.
    assert getattr(dag.timetable, "run_immediately", None) == timedelta()


def test_every_task_is_owned_pooled_retried_and_alerts(dag: "DAG") -> None:
    assert dag.tasks
    for task in dag.tasks:
        assert task.owner not in {"", "airflow"}, task.task_id
        assert task.pool == POOL, task.task_id
        assert (task.retries or 0) >= 1, task.task_id
        assert task.on_failure_callback, task.task_id
        assert re.match(rf"({VERBS})_", task.task_id.rpartition(".")[2]), task.task_id


@pytest.mark.parametrize(
    ("file", "gate", "guarded"),
    [
        ("customer_segmentation_daily", "check_landed", "build_marts"),
        ("customer_segmentation_daily", "check_marts", "publish_marts"),
        ("customer_segmentation_daily", "check_scored", "export_audiences"),
        ("customer_segmentation_daily", "check_scored", "publish_marts"),
        ("model_training_weekly", "check_marts", "train_segments"),
        ("model_training_weekly", "check_marts", "train_churn"),
    ],
)
def test_nothing_downstream_of_a_gate_runs_without_it(file: str, gate: str, guarded: str) -> None:
    dag = parse(CHECKOUT / "dags" / f"{file}.py")
    downstream = dag.get_task(gate).get_flat_relative_ids(upstream=False)
    assert guarded in downstream


def test_a_task_that_was_skipped_on_purpose_does_not_stop_the_next(dag: "DAG") -> None:
    assert {task.trigger_rule.value for task in dag.tasks} == {"none_failed"}


def test_a_described_source_is_asked_before_it_is_landed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = Settings.from_env().contracts / "web__events.odcs.yaml"
    shutil.copy(contract, tmp_path)
    (tmp_path / "web__events.extract.yaml").write_text(
        "database: {url_from: WEB_URL, query: SELECT 1}\ncursor: event_at\nstart: 2025-01-01\n"
    )
    monkeypatch.setenv("TESSERA_CONTRACTS", str(tmp_path))
    monkeypatch.setenv("TESSERA_LANDING_URL", "s3://deliveries")

    dag = parse(CHECKOUT / "dags" / "customer_segmentation_daily.py")

    before = {"land.copy_deliveries", "land.fetch_web_events"}
    assert dag.get_task("land.land_web_events").upstream_task_ids == before
    assert dag.get_task("land.land_shop_products").upstream_task_ids == {"land.copy_deliveries"}
    assert all(task.pool == POOL for task in dag.tasks)


def test_the_weekly_dag_trains_and_the_daily_one_scores() -> None:
    weekly = parse(CHECKOUT / "dags" / "model_training_weekly.py")
    daily = parse(CHECKOUT / "dags" / "customer_segmentation_daily.py")

    assert {"train_segments", "train_churn", "approve_segments"} <= set(weekly.task_ids)
    assert set(weekly.params) == {"as_of", "approve"}
    assert {"assign_segments", "score_churn"} <= set(daily.task_ids)
    assert "retrain" not in daily.params


def test_without_described_sources_nothing_is_fetched() -> None:
    dag = parse(CHECKOUT / "dags" / "customer_segmentation_daily.py")
    assert not [task.task_id for task in dag.tasks if re.search("fetch_|copy_", task.task_id)]

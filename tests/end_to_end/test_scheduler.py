"""The DAG under Airflow's real processes, by REST and in the browser: every task green."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.airflow_stack import AirflowStack, airflow_stack

pytestmark = pytest.mark.services

DAG = "customer_segmentation_daily"
FINISHED_IN_SECONDS = 400


@pytest.fixture(scope="module")
def airflow(morning: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowStack]:
    """Airflow on a copy of the demo's home: the extracts are there, and have landed."""
    home = tmp_path_factory.mktemp("scheduled") / "home"
    shutil.copytree(morning.home, home, ignore=shutil.ignore_patterns("airflow", "reports"))
    with airflow_stack(home) as stack:
        yield stack


def test_a_run_triggered_by_rest_is_green_from_landing_to_report(
    airflow: AirflowStack, morning: Any
) -> None:
    run_id = airflow.trigger(DAG, {"as_of": "2018-01-02"}, seconds=120)

    assert airflow.wait(DAG, run_id, seconds=FINISHED_IN_SECONDS) == "success"

    states = airflow.task_states(DAG, run_id)
    assert len(states) >= 15
    assert set(states.values()) == {"success"}
    page = airflow.settings.reports / "2018-01-02" / "index.html"
    assert page.exists()
    published = type(morning)(home=airflow.settings.home, code=0, printed="")
    assert published.digests() == morning.digests()


def test_the_weekly_training_is_green_on_the_marts_of_the_day(airflow: AirflowStack) -> None:
    run_id = airflow.trigger("model_training_weekly", {"as_of": "2018-01-02"}, seconds=120)

    assert airflow.wait("model_training_weekly", run_id, seconds=FINISHED_IN_SECONDS) == "success"

    assert airflow.task_states("model_training_weekly", run_id) == {
        "approve_segments": "skipped",
        "check_marts": "success",
        "train_segments": "success",
        "train_churn": "success",
    }


def test_only_the_stages_asked_for_run_and_the_gates_before_them(airflow: AirflowStack) -> None:
    run_id = airflow.trigger(DAG, {"as_of": "2018-01-02", "stages": ["publish"]})

    assert airflow.wait(DAG, run_id, seconds=FINISHED_IN_SECONDS) == "success"

    states = airflow.task_states(DAG, run_id)
    ran = {task for task, state in states.items() if state == "success"}
    gates = {"check_landed", "check_marts", "check_scored"}
    assert ran == gates | {"publish_marts", "write_report"}
    assert {state for task, state in states.items() if task not in ran} == {"skipped"}


def test_an_impossible_date_is_refused_at_the_door(airflow: AirflowStack) -> None:
    with pytest.raises(AssertionError, match="as_of"):
        airflow.trigger(DAG, {"as_of": "next tuesday"})


@pytest.mark.browser
def test_a_person_triggers_a_run_in_the_ui(
    airflow: AirflowStack, chromium: str, tmp_path: Path
) -> None:
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 - heavy

    known = runs(airflow)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(f"{airflow.url}/dags/{DAG}")
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", airflow.password)
        page.click("button[type=submit]")
        expect(page.get_by_text(DAG).first).to_be_visible(timeout=30_000)
        page.goto(f"{airflow.url}/dags/{DAG}")
        page.get_by_role("button", name="Trigger").first.click()
        expect(page.get_by_text("Replay quarantine").first).to_be_visible(timeout=30_000)
        page.screenshot(path=str(tmp_path / "trigger.png"))
        fill_in(page)
        page.get_by_role("button", name="Trigger").last.click()
        started = wait_for_new_run(airflow, known)
        page.screenshot(path=str(tmp_path / "triggered.png"))
        browser.close()

    assert airflow.wait(DAG, started, seconds=FINISHED_IN_SECONDS) == "success"
    conf = airflow.call("GET", f"/api/v2/dags/{DAG}/dagRuns/{started}")["conf"]
    assert conf["as_of"] == "2018-01-02"


def fill_in(page: Any) -> None:
    """Give the form's date."""
    date = page.locator("input[type=date], input[name=element_as_of]").first
    date.fill("2018-01-02")


def runs(airflow: AirflowStack) -> set[str]:
    """Return the ids of the DAG's runs."""
    found = airflow.call("GET", f"/api/v2/dags/{DAG}/dagRuns?limit=100")["dag_runs"]
    return {run["dag_run_id"] for run in found}


def wait_for_new_run(airflow: AirflowStack, known: set[str]) -> str:
    """Return the id of a run that was not there before."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if new := runs(airflow) - known:
            return new.pop()
        time.sleep(1)
    raise AssertionError("the UI started no run")

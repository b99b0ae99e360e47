"""`make airflow`: four real processes, one login, this machine only, and no trace after Ctrl-C."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest

from include.services import health
from include.settings import CHECKOUT, POOL
from tests.airflow_stack import AirflowStack, airflow_stack

pytestmark = pytest.mark.services

LISTENING = "0A"  # the kernel's name for that state in /proc/net/tcp
LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}
DAG = """
from airflow.sdk import dag, task
from pendulum import datetime


@dag(schedule=None, start_date=datetime(2025, 1, 1))
def greeting():
    @task(pool="warehouse")
    def greet():
        print("hello")

    greet()


greeting()
"""


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowStack]:
    """One stack for the file; the last test stops it."""
    dags = tmp_path_factory.mktemp("dags")
    (dags / "greeting.py").write_text(DAG)
    with airflow_stack(tmp_path_factory.mktemp("home"), dags=dags) as stack:
        yield stack


def test_every_part_is_well(airflow: AirflowStack) -> None:
    assert health.unwell(airflow.url + health.PATH) == []


def test_nothing_listens_beyond_this_machine(airflow: AirflowStack) -> None:
    listening = listening_addresses(set(airflow.processes()))

    assert f"{airflow.settings.airflow_port:04X}" in {
        address.split(":")[1] for address in listening
    }
    assert {address.split(":")[0] for address in listening} <= LOOPBACK


def test_the_password_logs_in_and_a_wrong_one_does_not(airflow: AirflowStack) -> None:
    assert airflow.call("GET", "/api/v2/dags", token=airflow.token())["total_entries"] >= 0

    assert refusal(airflow, "wrong-horse-battery") == 401


def test_without_a_token_the_api_says_nothing(airflow: AirflowStack) -> None:
    with pytest.raises(HTTPError) as refused:
        airflow.call("GET", "/api/v2/dags", token="")

    refused.value.close()
    assert refused.value.code == 401


def test_a_dag_of_the_folder_runs_green_in_the_pool_of_one_slot(airflow: AirflowStack) -> None:
    assert airflow.call("GET", f"/api/v2/pools/{POOL}")["slots"] == 1

    run_id = airflow.trigger("greeting")

    assert airflow.wait("greeting", run_id, seconds=60) == "success"
    assert airflow.task_states("greeting", run_id) == {"greet": "success"}


def test_what_is_kept_is_readable_by_its_owner_alone(airflow: AirflowStack) -> None:
    kept = [file for file in airflow.settings.airflow.rglob("*") if file.is_file()]

    assert {"airflow.db", "passwords.json", "secrets.json"} <= {file.name for file in kept}
    assert [file for file in kept if file.stat().st_mode & 0o077] == []


def test_a_second_one_on_the_same_home_is_refused(airflow: AirflowStack) -> None:
    elsewhere = airflow.settings.model_copy(update={"airflow_port": 1025})

    second = subprocess.run(
        [sys.executable, "-m", "include.services", "airflow"],
        cwd=CHECKOUT,
        env=elsewhere.inherited_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert second.returncode == 1
    assert "runs already" in second.stdout


def test_the_login_is_shown_when_it_is_ready(airflow: AirflowStack) -> None:
    shown = airflow.output.read_text()

    assert airflow.url in shown
    assert re.search(rf"admin\s+password\s+{airflow.password}", shown)


def test_ctrl_c_stops_all_four_and_leaves_nothing_behind(airflow: AirflowStack) -> None:
    """Keep it last: it takes the others' stack away."""
    before = " ".join(airflow.processes().values())
    for name in ("api_server", "scheduler", "dag-processor", "triggerer"):
        assert name in before

    assert airflow.stop() == 0

    assert airflow.processes() == {}
    assert "airflow stopped" in airflow.output.read_text()


def refusal(airflow: AirflowStack, password: str) -> int:
    """Return the status a login is refused with."""
    with pytest.raises(HTTPError) as refused:
        airflow.token(password)
    refused.value.close()
    return refused.value.code


def listening_addresses(processes: set[int]) -> list[str]:
    """Return ``address:port``, as the kernel writes them, of what ``processes`` listen on."""
    sockets = {
        str(descriptor.readlink())
        for pid in processes
        for descriptor in Path(f"/proc/{pid}/fd").iterdir()
        if descriptor.is_symlink()
    }
    table = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    return [row[1] for row in table if row[3] == LISTENING and f"socket:[{row[9]}]" in sockets]

"""Airflow's four real processes for a test: started as a person would, asked by REST, stopped.

Used as ``with airflow_stack(tmp_path) as airflow: run_id = airflow.trigger("my_dag")``.
"""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from pydantic import SecretStr

from include.services import health
from include.services.processes import session_members
from include.services.scheduling import USER, airflow_url
from include.settings import CHECKOUT, Settings

STARTED_IN_SECONDS = 180
STOPPED_IN_SECONDS = 60
FINISHED = ("success", "failed")


@dataclass(kw_only=True)
class AirflowStack:
    """A running `python -m include.services airflow`, and what a client asks of it."""

    settings: Settings
    process: subprocess.Popen[bytes]
    output: Path
    sessions: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the UI and the REST API are."""
        return airflow_url(self.settings)

    @property
    def password(self) -> str:
        """The password of user admin."""
        assert self.settings.airflow_password is not None
        return self.settings.airflow_password.get_secret_value()

    def token(self, password: str | None = None) -> str:
        """Log in as admin and return the token."""
        login = {"username": USER, "password": password or self.password}
        return str(self.call("POST", "/auth/token", login, token="")["access_token"])

    def call(
        self, method: str, path: str, body: object = None, *, token: str | None = None
    ) -> dict[str, Any]:
        """Ask the REST API and return its answer; an HTTPError where it refuses."""
        headers = {"Content-Type": "application/json"}
        bearer = self.token() if token is None else token
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data=data, headers=headers, method=method)  # noqa: S310
        with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def trigger(
        self, dag_id: str, conf: dict[str, Any] | None = None, *, seconds: float = 60
    ) -> str:
        """Wait until the DAG is known, start a run and return its id.

        The DAG is woken after that: waking it first would let the scheduler's own run of the last
        interval go ahead of this one.
        """
        run = {"logical_date": None, "conf": conf or {}}
        deadline = time.monotonic() + seconds
        while True:
            try:
                triggered = self.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", run)
                break
            except HTTPError as error:
                reason = error.read().decode()
                errors = self.call("GET", "/api/v2/importErrors")
                is_unknown = error.code == 404 and not errors["total_entries"]
                if not is_unknown or time.monotonic() > deadline:
                    raise AssertionError(f"{dag_id}: {reason} {errors}") from error
                time.sleep(1)
        self.call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})
        return str(triggered["dag_run_id"])

    def wait(self, dag_id: str, run_id: str, *, seconds: float) -> str:
        """Wait for a run's end and return its state."""
        deadline = time.monotonic() + seconds
        state = ""
        while time.monotonic() < deadline:
            state = str(self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")["state"])
            if state in FINISHED:
                return state
            time.sleep(1)
        raise AssertionError(
            f"{run_id} is {state} after {seconds:.0f} s: {self.task_states(dag_id, run_id)}"
        )

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str]:
        """Return each task's state; mapped tasks are named ``task[index]``."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=1000"
        return {
            task["task_id"]
            if task["map_index"] < 0
            else f"{task['task_id']}[{task['map_index']}]": str(task["state"])
            for task in self.call("GET", path)["task_instances"]
        }

    def stop(self) -> int:
        """Press Ctrl-C, wait, and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOPPED_IN_SECONDS)

    def processes(self) -> dict[int, str]:
        """Return the command line of every process of the four sessions that still runs."""
        found = {}
        for pid in set().union(*map(session_members, self.sessions)):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
            except FileNotFoundError:
                continue
            if command:  # a dead one that nobody has asked about has none
                found[pid] = command.replace(b"\0", b" ").decode().strip()
        return found


@contextmanager
def airflow_stack(home: Path, *, dags: Path = CHECKOUT / "dags") -> Iterator[AirflowStack]:
    """Start Airflow on ``home`` at a free port, wait until it is well, and stop it at the end."""
    settings = Settings(
        home=home.resolve(),
        dags=dags,
        airflow_port=free_port(),
        airflow_password=SecretStr("correct-horse-battery"),
    )
    output = home / "airflow.out"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "include.services", "airflow"],
            cwd=CHECKOUT,
            env=settings.inherited_environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    stack = AirflowStack(settings=settings, process=process, output=output)
    try:
        _wait_until_well(stack)
        stack.sessions = _children(process.pid)
        yield stack
    finally:
        stack.stop()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_well(stack: AirflowStack) -> None:
    deadline = time.monotonic() + STARTED_IN_SECONDS
    while health.unwell(stack.url + health.PATH):
        assert stack.process.poll() is None, stack.output.read_text()
        assert time.monotonic() < deadline, stack.output.read_text()
        time.sleep(0.5)


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in listed.split()]

"""Several programs as one: they live together, end together, and leave nobody behind."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from include.services import processes
from include.services.processes import (
    Service,
    ServiceError,
    require_free_port,
    running,
    supervise,
)

SLEEP = "import time; time.sleep(60)"
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgid(0, 0)  # as Airflow's tasks do
os.write(1, f"ready {os.getpid()}\\n".encode())  # in one piece: two write into one log
time.sleep(60)
"""


def service(folder: Path, name: str, code: str) -> Service:
    """Return a Python program as a service."""
    return Service(
        name=name,
        command=[sys.executable, "-c", code],
        environment=dict(os.environ),
        log=folder / f"{name}.log",
    )


def watch(*services: Service) -> None:
    """Supervise ``services`` without a word."""
    supervise(
        services,
        is_ready=lambda: True,
        on_ready=lambda: None,
        on_stop=lambda: None,
        patience_seconds=30,
    )


def is_alive(pid: int) -> bool:
    """Say whether a process still runs; a dead one that nobody has asked about does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_service_that_dies_is_named_with_its_last_words_and_the_others_stop(
    tmp_path: Path,
) -> None:
    healthy = service(tmp_path, "healthy", "import os; print(os.getpid(), flush=True);" + SLEEP)
    broken = service(tmp_path, "broken", "import time; time.sleep(1); raise SystemExit('no disk')")

    with pytest.raises(ServiceError, match=r"broken ended by itself with code 1(.|\n)*no disk"):
        watch(healthy, broken)

    assert not is_alive(int(healthy.log.read_text()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_watch_without_an_error(tmp_path: Path, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    threading.Timer(1, os.kill, (os.getpid(), number)).start()

    watch(service(tmp_path, "healthy", SLEEP))

    assert signal.getsignal(number) == before


def test_a_service_that_is_never_ready_is_not_waited_for_without_end(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match=r"Not ready after 1 s\. .*slow\.log"):
        supervise(
            [service(tmp_path, "slow", SLEEP)],
            is_ready=lambda: False,
            on_ready=lambda: None,
            on_stop=lambda: None,
            patience_seconds=1,
        )


def test_who_ignores_the_request_is_killed_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.5)
    stubborn = service(tmp_path, "stubborn", STUBBORN)

    with running([stubborn]):
        wait_for_lines(stubborn.log, 2)
        pids = [int(line.split()[1]) for line in stubborn.log.read_text().splitlines()]
        assert all(is_alive(pid) for pid in pids)

    wait_until(lambda: not any(is_alive(pid) for pid in pids))


def test_the_last_log_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    for word in ("first", "second"):
        with running([service(tmp_path, "speaker", f"print('{word}', flush=True);" + SLEEP)]):
            wait_for_lines(tmp_path / "speaker.log", 1)

    assert (tmp_path / "speaker.log").read_text() == "second\n"
    assert (tmp_path / "speaker.previous.log").read_text() == "first\n"


def test_a_taken_port_is_named_with_the_setting_that_moves_it() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]

        with pytest.raises(ServiceError, match=rf"Port {port} .*is taken.*TESSERA_AIRFLOW_PORT="):
            require_free_port(port, setting="TESSERA_AIRFLOW_PORT")

    require_free_port(port, setting="TESSERA_AIRFLOW_PORT")


def wait_for_lines(log: Path, count: int) -> None:
    """Wait until a program has written ``count`` whole lines."""
    wait_until(lambda: log.read_text().count("\n") >= count)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for ``condition``, within reason."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)

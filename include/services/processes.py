"""Processes: start several, watch them as one, stop them all, and leave none behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from types import FrameType
from typing import Self

from include.warehouse import make_private_folder

POLL_SECONDS = 0.2
GRACE_SECONDS = 8  # a task that needs longer is killed: the next start runs it again, whole
LAST_LINES = 15
PRIVATE = 0o077


class ServiceError(RuntimeError):
    """A service could not start, or died; the message says which and what to do."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """One program, the environment it runs in, and the file that takes what it says."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    stops_last: bool = False  # others report to it while they stop


@dataclass(frozen=True, kw_only=True)
class Running:
    """A service and its process, which leads a session of its own."""

    service: Service
    process: subprocess.Popen[bytes]


class StopRequests:
    """Counts Ctrl-C, SIGTERM and SIGHUP while entered; the second cuts the grace period short."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Self:
        """Take the signals over."""
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self._before = {number: signal.signal(number, self._add) for number in numbers}
        return self

    def __exit__(self, *_: object) -> None:
        """Give them back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _add(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1


def supervise(
    services: Sequence[Service],
    *,
    is_ready: Callable[[], bool],
    on_ready: Callable[[], None],
    on_stop: Callable[[], None],
    patience_seconds: float,
) -> None:
    """Run ``services`` until asked to stop, and say when they are ready and when they stop.

    Raises :class:`ServiceError` where one dies or they are not ready in time; the others are
    stopped first, whatever happens.
    """
    deadline = time.monotonic() + patience_seconds
    was_ready = False
    with (
        StopRequests() as requests,
        running(services, hurry=lambda: requests.count > 1) as alive,
    ):
        while not requests.count:
            _require_alive(alive)
            if not was_ready and is_ready():
                was_ready = True
                on_ready()
            if not was_ready and time.monotonic() > deadline:
                logs = ", ".join(str(service.log) for service in services)
                raise ServiceError(
                    f"Not ready after {patience_seconds:.0f} s. Look for the reason in {logs}."
                )
            time.sleep(POLL_SECONDS)
        on_stop()


@contextmanager
def running(
    services: Sequence[Service], *, hurry: Callable[[], bool] = lambda: False
) -> Iterator[list[Running]]:
    """Start ``services``; on the way out stop them all, and whatever they started."""
    started: list[Running] = []
    try:
        started.extend(start(service) for service in services)
        yield started
    finally:
        stop([one for one in started if not one.service.stops_last], hurry=hurry)
        stop([one for one in started if one.service.stops_last], hurry=hurry)


def start(service: Service) -> Running:
    """Start a service in a session of its own, its log begun anew and the last one kept beside."""
    make_private_folder(service.log.parent)
    if service.log.exists():
        service.log.replace(service.log.with_suffix(".previous.log"))
    # The kernel ends the service if this process is killed without a chance to stop it.
    leash = ["setpriv", "--pdeathsig", "TERM"] if which("setpriv") else []
    with service.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            [*leash, *service.command],
            env=dict(service.environment),
            cwd=service.log.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=PRIVATE,
        )
    return Running(service=service, process=process)


def stop(services: Sequence[Running], *, hurry: Callable[[], bool] = lambda: False) -> None:
    """Ask ``services`` to end, wait the grace period, then kill what is left of their sessions."""
    for one in services:
        if one.process.poll() is None:
            one.process.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    while any(one.process.poll() is None for one in services):
        if time.monotonic() > deadline or hurry():
            break
        time.sleep(POLL_SECONDS)
    for one in services:
        for pid in {one.process.pid, *session_members(one.process.pid)}:
            _signal(pid, signal.SIGKILL)
        one.process.wait()


def session_members(session: int) -> set[int]:
    """Return the processes of a session; Airflow's tasks leave the group but not the session."""
    members = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(entry.name)) == session:
                members.add(int(entry.name))
        except ProcessLookupError:
            continue
    return members


def require_free_port(port: int, *, setting: str) -> None:
    """Raise :class:`ServiceError` where something listens on ``port`` of 127.0.0.1 already."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ServiceError(
                f"Port {port} of 127.0.0.1 is taken ({error.strerror}). Stop what uses it "
                f"(`ss -ltnp 'sport = :{port}'` names it), or choose another: {setting}=<port>."
            ) from error


def program(name: str) -> str:
    """Return the path of a program of this virtual environment."""
    return str(Path(sys.executable).with_name(name))


def last_lines(log: Path) -> str:
    """Return the end of a log, for an error message."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])


def _require_alive(services: Sequence[Running]) -> None:
    for one in services:
        code = one.process.poll()
        if code is not None:
            raise ServiceError(
                f"{one.service.name} ended by itself with code {code}; the others were stopped. "
                f"The last lines of {one.service.log}:\n{last_lines(one.service.log)}"
            )


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return

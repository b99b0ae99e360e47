"""Real sources on this machine: SQLite, a PostgreSQL of the test's own, an HTTP server."""

import glob
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

os.environ["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "false"  # its gRPC waits a minute for emulators

Answer = Callable[[dict[str, str]], tuple[int, dict[str, str], object]]


def _postgres_folder() -> Path:
    """Where PostgreSQL's programs are; CI must have them, elsewhere there is a stated reason."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)  # noqa: PTH207
    initdb = found[0] if found else shutil.which("initdb")
    if initdb:
        return Path(initdb).parent
    if os.environ.get("CI"):
        pytest.fail("CI has no PostgreSQL: .ci/run installs Debian's package 'postgresql'")
    pytest.skip("no PostgreSQL on this machine; Debian: apt-get install postgresql")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of the session's own, on a private socket, run by no root."""
    programs = _postgres_folder()
    folder = Path(tempfile.mkdtemp(prefix="tessera-pg-"))
    user: str | None = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        names = {entry.pw_name for entry in pwd.getpwall()}
        user = "postgres" if "postgres" in names else "nobody"
        shutil.chown(folder, user)
    data = folder / "data"
    made = [str(programs / "initdb"), "-D", str(data), "-U", "tessera", "-A", "trust", "-N"]
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    control = [str(programs / "pg_ctl"), "-D", str(data), "-w"]

    def run(command: list[str]) -> None:
        subprocess.run(command, user=user, check=True, cwd=folder, stdout=subprocess.DEVNULL)

    run([*made, "--locale=C", "--encoding=UTF8"])
    run([*control, "-l", str(folder / "log"), "-o", options, "start"])
    try:
        yield f"postgresql+psycopg2://tessera@/postgres?host={folder}"
    finally:
        run([*control, "-m", "immediate", "stop"])
        shutil.rmtree(folder)


@dataclass
class Server:
    """An HTTP server that says what ``answer`` makes of a request's parameters."""

    url: str
    answer: Answer = field(default=lambda _: (200, {}, []))
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on loopback, for one test."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parameters = dict(parse_qsl(urlsplit(self.path).query))
            served.asked.append(parameters)
            served.headers.append(dict(self.headers))
            status, headers, page = served.answer(parameters)
            body = page if isinstance(page, bytes) else json.dumps(page).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Server(url=f"http://127.0.0.1:{listening.server_port}/orders")
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
    thread.start()
    yield served
    listening.shutdown()
    thread.join()
    listening.server_close()

"""The documents' server: what was written, to this machine only, and nothing beside it."""

import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from include.services.documents import serve_documents


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A server over one report and one documentation page, with a secret next door."""
    (tmp_path / "secret.html").write_text("secret")
    for page in ("reports/2018-01-01", "reports/2018-01-02", "docs/dbt"):
        (tmp_path / page).mkdir(parents=True)
        (tmp_path / page / "index.html").write_text(f"<h1>{page}</h1>")
    folders = {"reports": tmp_path / "reports", "docs": tmp_path / "docs"}
    with serve_documents(folders, port=0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def ask(port: int, path: str, *, method: str = "GET", host: str = "127.0.0.1") -> tuple[int, str]:
    """Return status and body of an answer."""
    answer, body = exchange(port, path, method=method, host=host)
    return answer.status, body


def exchange(port: int, path: str, *, method: str, host: str) -> tuple[HTTPResponse, str]:
    """Return an answer and its body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={"Host": f"{host}:{port}"})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def test_the_first_page_links_to_every_page_newest_report_first(port: int) -> None:
    status, page = ask(port, "/")

    assert status == 200
    newest, oldest = (page.index(f"/reports/2018-01-0{day}/index.html") for day in (2, 1))
    assert newest < oldest < page.index("/docs/dbt/index.html")


def test_a_page_is_served_as_it_was_written(port: int) -> None:
    assert ask(port, "/docs/dbt/index.html") == (200, "<h1>docs/dbt</h1>")
    assert ask(port, "/docs/dbt/") == (200, "<h1>docs/dbt</h1>")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.html",
        "/reports/../secret.html",
        "/reports/%2e%2e/secret.html",
        "/reports/..%2fsecret.html",
        "/secret.html",
        "//secret.html",
        "/reports/",
    ],
)
def test_nothing_beside_the_folders_is_served_or_listed(port: int, path: str) -> None:
    status, body = ask(port, path)

    assert status == 404
    assert body != "secret"


def test_a_page_may_load_nothing_from_elsewhere(port: int) -> None:
    answer, _ = exchange(port, "/reports/2018-01-02/", method="GET", host="localhost")

    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self' data:")


def test_another_sites_name_for_this_machine_is_refused(port: int) -> None:
    assert ask(port, "/", host="rebound.example")[0] == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_written(port: int, method: str) -> None:
    assert ask(port, "/docs/dbt/index.html", method=method)[0] == 501


def test_asking_for_the_head_alone_brings_no_body(port: int) -> None:
    assert ask(port, "/", method="HEAD") == (200, "")

"""A failed task is always logged, posted where a webhook is set, and leaks no personal value."""

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from include import alerts
from include.publication import NotAuditedError


class Hook(HTTPServer):
    """A webhook on the loopback address that keeps what it is sent."""

    received: list[dict[str, Any]]


@pytest.fixture
def hook() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        server: Hook

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.received.append(json.loads(body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing on standard error."""

    server = Hook(("127.0.0.1", 0), Handler)
    server.received = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def failure(error: Exception) -> dict[str, Any]:
    return {
        "task_instance": SimpleNamespace(dag_id="d", task_id="land_x", log_url="/log"),
        "run_id": "r",
        "params": {"as_of": "2018-01-02"},
        "exception": error,
    }


def test_a_failure_is_posted_with_what_to_do(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSERA_ALERT_WEBHOOK_URL", f"http://127.0.0.1:{hook.server_port}/x")

    alerts.alert(failure(NotAuditedError("Gate 'marts' has not run")))

    [message] = hook.received
    assert message["error"] == "NotAuditedError: Gate 'marts' has not run"
    assert message["as_of"] == "2018-01-02"
    assert "clear this task" in message["what_to_do"]


def test_a_library_s_message_stays_in_the_log_for_it_may_quote_a_person() -> None:
    told = alerts.describe(failure(ValueError("cannot cast 'ada@example.com'")))

    assert "ada" not in json.dumps(told)
    assert told["error"].startswith("ValueError")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/nobody", "ftp://127.0.0.1/x"])
def test_an_unreachable_webhook_never_fails_the_callback(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TESSERA_ALERT_WEBHOOK_URL", url)

    with caplog.at_level(logging.ERROR):
        alerts.alert(failure(NotAuditedError("no")))

    assert "Task failed" in caplog.text
    assert "alert" in caplog.text

"""API extracts: every page once, through a server's bad moments, and never to a stranger."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import pytest
from tenacity.wait import wait_none

from include.extraction import api
from include.extraction.cursor import Window
from include.extraction.describe import Api
from include.extraction.errors import SourceError
from include.settings import CHECKOUT
from tests.extraction.conftest import Server
from tests.extraction.desk import Desk

WINDOW = Window(since=date(2025, 3, 1), until=date(2025, 3, 5))
ORDERS = [{"id": f"o{n}", "at": f"2025-03-0{1 + n // 3}T10:00:00Z"} for n in range(7)]
PAGES = [ORDERS[:3], ORDERS[3:6], ORDERS[6:]]


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "hunter2")


def ids(asked: Api, server: Server) -> list[str]:
    """Fetch everything from the server, without the waits between tries."""
    asked = asked.model_copy(update={"url": server.url})
    frames = api.fetch(asked, WINDOW, columns=["id"], patience=wait_none())
    return [order for frame in frames for order in frame["id"].to_list()]


def described(**what: object) -> Api:
    return Api.model_validate({"url": "https://shop.example/orders", **what})


def test_pages_with_a_number_end_at_the_first_empty_one(server: Server) -> None:
    def answer(parameters: dict[str, str]) -> tuple[int, dict[str, str], object]:
        number = int(parameters["page"])
        return 200, {}, {"data": {"items": PAGES[number - 1] if number <= 3 else []}}

    server.answer = answer
    asked = described(
        records="data.items",
        paging={"by": "page"},
        parameters={"from": "{since}", "to": "{until}"},
        token_from="SHOP_TOKEN",  # noqa: S106 - a variable's name
    )
    assert ids(asked, server) == [f"o{n}" for n in range(7)]
    assert server.asked[0] == {"from": "2025-03-01", "to": "2025-03-05", "page": "1"}
    assert {headers["Authorization"] for headers in server.headers} == {"Bearer hunter2"}


def test_pages_that_name_the_next_end_at_the_one_that_names_none(server: Server) -> None:
    def answer(parameters: dict[str, str]) -> tuple[int, dict[str, str], object]:
        number = int(parameters.get("after", "0"))
        following = {"next": str(number + 1)} if number < 2 else {}
        return 200, {}, {"rows": PAGES[number], "meta": following}

    server.answer = answer
    paging = {"by": "cursor", "parameter": "after", "next": "meta.next"}
    assert ids(described(records="rows", paging=paging), server) == [f"o{n}" for n in range(7)]
    assert server.asked == [{}, {"after": "1"}, {"after": "2"}]


def test_pages_with_a_link_are_followed_on_the_same_server_alone(server: Server) -> None:
    def answer(parameters: dict[str, str]) -> tuple[int, dict[str, str], object]:
        number = int(parameters.get("p", "0"))
        link = {"Link": f'</orders?p={number + 1}>; rel="next"'} if number < 2 else {}
        return 200, link, PAGES[number]

    server.answer = answer
    asked = described(paging={"by": "link"})
    assert ids(asked, server) == [f"o{n}" for n in range(7)]

    server.answer = lambda _: (200, {"Link": '<http://127.0.0.2/orders>; rel="next"'}, PAGES[0])
    with pytest.raises(SourceError, match="at another server, which gets no token"):
        ids(asked, server)
    server.answer = lambda _: (200, {"Link": '</orders>; rel="next"'}, PAGES[0])
    with pytest.raises(SourceError, match="names itself"):
        ids(asked, server)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_bad_moment_is_waited_out(server: Server, status: int) -> None:
    server.answer = lambda _: (
        (200, {}, PAGES[0]) if len(server.asked) == 4 else (status, {"Retry-After": "0"}, {})
    )
    assert ids(described(), server) == ["o0", "o1", "o2"]
    assert len(server.asked) == 4


def test_patience_ends(server: Server) -> None:
    server.answer = lambda _: (503, {}, {})
    with pytest.raises(SourceError, match="no page after 5 tries: _Passing status 503"):
        ids(described(), server)
    assert len(server.asked) == api.TRIES


def test_a_server_that_asks_for_time_gets_it(server: Server) -> None:
    server.answer = lambda _: (
        (200, {}, PAGES[0]) if len(server.asked) > 1 else (429, {"Retry-After": "1"}, {})
    )
    before = time.monotonic()
    assert ids(described(), server) == ["o0", "o1", "o2"]
    assert time.monotonic() - before >= 1


def test_a_server_that_never_answers_is_tried_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "TIMEOUT", 0.1)
    late = threading.Event()

    def answer(_: dict[str, str]) -> tuple[int, dict[str, str], object]:
        if len(server.asked) == 1:
            late.wait(0.5)
        return 200, {}, PAGES[0]

    server.answer = answer
    assert ids(described(), server) == ["o0", "o1", "o2"]
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "page", "problem"),
    [
        (404, {}, "status 404"),
        (302, {}, "status 302"),
        (200, b"<html>", "not JSON"),
        (200, b'[{"id": NaN}]', "not JSON"),
        (200, b"[" * 100_000, "not JSON"),
        (200, {"error": "no"}, "no list of objects at its top"),
        (200, ["o1"], "no list of objects at its top"),
        (200, [{"id": ["o1"]}], "holds a list"),
    ],
)
def test_an_answer_that_is_not_as_described_stops_at_once(
    server: Server, status: int, page: object, problem: str
) -> None:
    server.answer = lambda _: (status, {"Location": "http://127.0.0.2/"}, page)
    with pytest.raises(SourceError, match=problem) as failure:
        ids(described(token_from="SHOP_TOKEN"), server)  # noqa: S106 - a variable's name
    assert len(server.asked) == 1
    assert "hunter2" not in str(failure.value)


def test_a_page_too_long_for_memory_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MAX_PAGE_BYTES", 10_000)
    server.answer = lambda _: (200, {}, [{"id": "x" * 20_000}])
    with pytest.raises(SourceError, match="a page is longer than"):
        ids(described(), server)


DESCRIPTION = """
api:
  url: {url}
  columns: {{order_id: id, amount: total.amount, ordered_at: at}}
  paging: {{by: page}}
cursor: ordered_at
start: 2025-03-01
"""


def order(name: str, at: str, **more: object) -> dict[str, object]:
    return {"id": name, "at": at, "quantity": 1, "is_gift": False, **more}


def test_records_land_digit_by_digit_whatever_the_server_thinks_of_the_window(
    home: Path, server: Server
) -> None:
    desk = Desk(home)
    desk.describe(DESCRIPTION.format(url=server.url))
    long = b'{"id": "big", "at": "2025-03-02T00:00:00Z", "total": {"amount": 1234567890123456.10}}'
    first = [
        order("early", "2025-02-28T23:59:59Z"),
        order("ada", "2025-03-01T00:00:00Z", total={"amount": 2.5}, note="no column of ours"),
    ]

    def answer(parameters: dict[str, str]) -> tuple[int, dict[str, str], object]:
        ends = [order("bob", "2025-03-02T00:00:00Z"), order("ada2", "2025-03-01T12:00:00Z")]
        pages = {"1": first, "2": ends, "3": ends[:1], "4": b"[" + long + b"]"}
        return 200, {}, pages.get(parameters["page"], [])

    server.answer = answer
    assert [desk.extract(day) for day in ("2025-03-02", "2025-03-03")] == [2, 2]
    assert desk.land("2025-03-03")["landed"] == 4
    assert desk.landed() == [
        ("ada", 1, "2.50", False, "2025-03-01 00:00:00"),
        ("ada2", 1, None, False, "2025-03-01 12:00:00"),
        ("big", None, "1234567890123456.10", None, "2025-03-02 00:00:00"),
        ("bob", 1, None, False, "2025-03-02 00:00:00"),
    ]


def test_a_run_killed_halfway_leaves_nothing_and_the_next_delivers_once(
    home: Path, server: Server
) -> None:
    desk = Desk(home)
    desk.describe(DESCRIPTION.format(url=server.url))
    halfway, killed = threading.Event(), threading.Event()

    def answer(parameters: dict[str, str]) -> tuple[int, dict[str, str], object]:
        if parameters["page"] == "2" and not killed.is_set():
            halfway.set()
            killed.wait(30)
        rows = {"1": [order("ada", "2025-03-01T00:00:00Z")]}
        return 200, {}, rows.get(parameters["page"], [])

    server.answer = answer
    command = [sys.executable, "-m", "include.extraction", "--as-of", "2025-03-02"]
    environment = os.environ | {"TESSERA_CONTRACTS": str(desk.contracts)}
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment) as process:
        assert halfway.wait(60)
        process.send_signal(signal.SIGKILL)
    killed.set()
    assert [path.name for path in desk.folder.iterdir() if not path.name.startswith(".")] == []

    done = subprocess.run(command, cwd=CHECKOUT, env=environment, check=True, capture_output=True)
    assert b"shop.orders: 1 rows" in done.stdout
    assert [path.name for path in desk.folder.iterdir() if path.is_dir()] == ["2025-03-02"]
    assert desk.land("2025-03-02")["landed"] == 1

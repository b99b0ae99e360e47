"""Remote folders: what is in the store lands as if it had been delivered here."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import fsspec
import pytest
from moto.server import ThreadedMotoServer

from include.extraction.alone import alone
from include.extraction.errors import DescriptionError, ExtractionError, SourceError
from include.extraction.remote import INDEX, sync
from tests.extraction.desk import DATABASE, Desk

HELD = r"another run is at it, the run for orders \(process \d+\)"
URL = "s3://deliveries/tessera"
FRIDAY = date(2025, 3, 7)
ADA = (
    '{"order_id": "ada", "quantity": 1, "amount": "2.50", "is_gift": true, '
    '"ordered_at": "2025-03-01 10:00:00"}\n'
)
BOB = ADA.replace("ada", "bob")


class Store:
    """A bucket, empty."""

    def __init__(self) -> None:
        self.files: Any = fsspec.filesystem("s3", skip_instance_cache=True)
        self.files.mkdir("deliveries")

    def put(self, path: str, text: str) -> None:
        self.files.pipe_file(f"deliveries/tessera/{path}", text.encode())

    def deliver(self, day: str, text: str, *, name: str = "orders.jsonl", **untrue: object) -> None:
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        manifest = {"rows": text.count("\n"), "bytes": len(text), "sha256": sha256} | untrue
        self.put(f"shop/orders/{day}/{name}", text)
        self.put(f"shop/orders/{day}/{name}.manifest.json", json.dumps(manifest))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """An object store on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    for name, value in (
        ("AWS_ENDPOINT_URL", address),
        ("AWS_ACCESS_KEY_ID", "any"),
        ("AWS_SECRET_ACCESS_KEY", "any"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    store = Store()
    yield store
    store.files.rm("deliveries", recursive=True)


@pytest.fixture
def desk(home: Path) -> Desk:
    desk = Desk(home)
    desk.describe(DATABASE)
    return desk


def here(desk: Desk) -> list[str]:
    """The deliveries in the landing folder."""
    files = (p for p in desk.landing.rglob("*") if p.is_file() and not p.name.startswith("."))
    return sorted(str(path.relative_to(desk.folder)) for path in files)


def test_what_is_in_the_store_up_to_the_day_lands(desk: Desk, store: Store) -> None:
    store.deliver("2025-03-03", ADA)
    store.deliver("2025-03-08", BOB)

    assert sync(URL, as_of=FRIDAY, landing=desk.landing) == 2
    assert here(desk) == ["2025-03-03/orders.jsonl", "2025-03-03/orders.jsonl.manifest.json"]
    assert desk.land("2025-03-07")["landed"] == 1
    assert desk.landed_ids() == ["ada"]


def test_only_what_is_new_or_changed_is_copied(desk: Desk, store: Store) -> None:
    store.deliver("2025-03-03", ADA)
    store.put("shop/orders/2025-03-04/orders.jsonl", BOB)
    assert sync(URL, as_of=FRIDAY, landing=desk.landing) == 3
    assert sync(URL, as_of=FRIDAY, landing=desk.landing) == 0

    store.deliver("2025-03-03", ADA.replace("2.50", "3.50"))  # the same size, other bytes
    assert sync(URL, as_of=FRIDAY, landing=desk.landing) == 2
    assert "3.50" in (desk.folder / "2025-03-03" / "orders.jsonl").read_text()

    (desk.folder / "2025-03-04" / "orders.jsonl").unlink()
    assert sync(URL, as_of=FRIDAY, landing=desk.landing) == 1
    (desk.landing / INDEX).write_text("{")
    assert sync(URL, as_of=FRIDAY, landing=desk.landing) == 3


def test_what_is_gone_from_the_store_stays_here(desk: Desk, store: Store) -> None:
    store.deliver("2025-03-03", ADA)
    sync(URL, as_of=FRIDAY, landing=desk.landing)
    store.files.rm("deliveries/tessera/shop", recursive=True)

    assert sync(URL, as_of=FRIDAY, landing=desk.landing) == 0
    assert len(here(desk)) == 2


def test_a_delivery_that_is_not_whole_waits_and_holds_up_no_other(desk: Desk, store: Store) -> None:
    store.deliver("2025-03-03", ADA, sha256="0" * 64)
    store.deliver("2025-03-04", BOB)
    store.put("shop/orders/2025-03-05/orders.jsonl.manifest.json", "{}")  # its file is to come
    store.put("shop/orders/2025-03-06/orders.jsonl", ADA)
    store.put("shop/orders/2025-03-06/orders.jsonl.manifest.json", "{}")

    with pytest.raises(SourceError) as failure:
        sync(URL, as_of=FRIDAY, landing=desk.landing)

    assert "2 deliveries were not copied" in str(failure.value)
    assert "03-03/orders.jsonl: its bytes are not those its manifest" in str(failure.value)
    assert "03-06/orders.jsonl: its manifest has no sha256" in str(failure.value)
    assert here(desk) == ["2025-03-04/orders.jsonl", "2025-03-04/orders.jsonl.manifest.json"]

    store.deliver("2025-03-03", ADA)
    store.put("shop/orders/2025-03-06/orders.jsonl.manifest.json", "{}")
    with pytest.raises(SourceError, match="1 deliveries"):
        sync(URL, as_of=FRIDAY, landing=desk.landing)
    assert len(here(desk)) == 4


def test_no_name_in_the_store_leads_out_of_the_landing_folder(
    desk: Desk, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    names = [
        *("shop/orders/2025-03-03/../../../../evil", "shop/../2025-03-03/evil", "evil"),
        *("shop/orders/2025-03-03/.evil", "shop/orders/2025-03-03/deep/evil", "/shop/orders/x"),
        *("shop/orders/2025-02-30/evil", "Shop/orders/2025-03-03/evil", "shop/orders/yesterday/x"),
        *("shop/orders/2025-03-03/a\\b",),
    ]
    for name in names:
        store.put(name, "evil")
    store.put("shop/orders/2025-03-03/orders.jsonl.part", ADA)

    before = sorted(path.name for path in desk.home.iterdir())
    assert sync(URL, as_of=FRIDAY, landing=desk.landing) == 0

    assert f"{len(names)} objects are no <source>/<entity>/<date>/<file>" in caplog.text
    assert here(desk) == []
    assert sorted(path.name for path in desk.home.iterdir()) == sorted({*before, "landing"})


def test_the_copies_are_for_their_owner_alone(desk: Desk, store: Store) -> None:
    store.deliver("2025-03-03", ADA)
    sync(URL, as_of=FRIDAY, landing=desk.landing)
    paths = [desk.landing, *desk.landing.rglob("*")]
    assert {path.stat().st_mode & 0o077 for path in paths} == {0}


def test_two_syncs_at_once_do_not_interleave(desk: Desk, store: Store) -> None:
    store.deliver("2025-03-03", ADA)
    with alone(desk.landing, what="orders"), pytest.raises(ExtractionError, match=HELD):
        sync(URL, as_of=FRIDAY, landing=desk.landing)


@pytest.mark.usefixtures("store")
def test_an_address_that_cannot_be_read_says_what_to_do(desk: Desk) -> None:
    with pytest.raises(SourceError, match=r"nobody/here cannot be read.*credentials are right"):
        sync("s3://nobody/here", as_of=FRIDAY, landing=desk.landing)
    with pytest.raises(DescriptionError, match="it must begin with s3://, gs://, az://"):
        sync("ftp://shop.example/deliveries", as_of=FRIDAY, landing=desk.landing)

"""Google's and Azure's stores: the same deliveries land from there as from anywhere else.

Google's emulator is other people's; Azure's runs on no Python, so `blobs.py` answers as its
documentation says. Neither has credentials.
"""

import base64
import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import fsspec
import pytest
from fsspec.registry import _registry
from gcp_storage_emulator.server import create_server

from include.extraction.errors import DescriptionError, SourceError
from include.extraction.remote import sync
from tests.extraction.blobs import ACCOUNT, CONTAINER, Blobs
from tests.extraction.desk import DATABASE, Desk
from tests.extraction.test_remote import ADA, BOB, FRIDAY, here

Put = Callable[[str, str], None]


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Put]:
    """A bucket at gs://deliveries."""
    server = create_server("127.0.0.1", 0, in_memory=True, default_bucket=CONTAINER)
    server.start()
    port = server._api._httpd.server_port  # noqa: SLF001 - it tells nobody which it was given
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    monkeypatch.setitem(fsspec.config.conf, "gs", {"token": "anon"})
    files: Any = fsspec.filesystem("gs", skip_instance_cache=True)
    yield lambda path, text: files.pipe_file(f"{CONTAINER}/tessera/{path}", text.encode())
    server.stop()


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Put]:
    """A container at az://deliveries."""
    blobs = Blobs()
    endpoint = blobs.start()
    thread = threading.Thread(target=blobs.server.serve_forever)
    thread.start()
    key = base64.b64encode(os.urandom(32)).decode()
    monkeypatch.setenv(
        "AZURE_STORAGE_CONNECTION_STRING",
        f"AccountName={ACCOUNT};AccountKey={key};BlobEndpoint={endpoint}",
    )

    def put(path: str, text: str) -> None:
        blobs.held[f"tessera/{path}"] = text.encode()

    yield put
    blobs.server.shutdown()
    blobs.server.server_close()
    thread.join()


@pytest.fixture
def desk(home: Any) -> Desk:
    desk = Desk(home)
    desk.describe(DATABASE)
    return desk


def deliver(put: Put, day: str, text: str, **untrue: object) -> None:
    """Put a file and its manifest into the store."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    manifest = {"rows": text.count("\n"), "bytes": len(text), "sha256": sha256} | untrue
    put(f"shop/orders/{day}/orders.jsonl", text)
    put(f"shop/orders/{day}/orders.jsonl.manifest.json", json.dumps(manifest))


@pytest.mark.parametrize(("protocol", "store"), [("gs", "google"), ("az", "azure")])
def test_what_is_whole_lands_once_and_what_changes_lands_again(
    desk: Desk, request: pytest.FixtureRequest, protocol: str, store: str
) -> None:
    put: Put = request.getfixturevalue(store)
    url = f"{protocol}://{CONTAINER}/tessera"
    assert sync(url, as_of=FRIDAY, landing=desk.landing) == 0
    deliver(put, "2025-03-03", ADA)
    deliver(put, "2025-03-08", BOB)
    assert sync(url, as_of=FRIDAY, landing=desk.landing) == 2
    assert here(desk) == ["2025-03-03/orders.jsonl", "2025-03-03/orders.jsonl.manifest.json"]
    assert desk.land("2025-03-07")["landed"] == 1
    assert sync(url, as_of=FRIDAY, landing=desk.landing) == 0

    deliver(put, "2025-03-03", ADA.replace("2.50", "3.50"))  # the same size, other bytes
    assert sync(url, as_of=FRIDAY, landing=desk.landing) == 2
    assert "3.50" in (desk.folder / "2025-03-03" / "orders.jsonl").read_text()

    deliver(put, "2025-03-04", BOB, sha256="0" * 64)
    with pytest.raises(SourceError, match=r"03-04/orders.jsonl: its bytes are not those"):
        sync(url, as_of=FRIDAY, landing=desk.landing)
    assert len(here(desk)) == 2


def test_a_store_without_credentials_says_whose_are_missing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("AZURE_STORAGE_"):
            monkeypatch.delenv(name)
    said = r"az://deliveries cannot be read: ValueError .*credentials.*store's own credentials"
    with pytest.raises(SourceError, match=said):
        sync("az://deliveries", as_of=date(2025, 3, 7), landing=desk.landing)


@pytest.mark.parametrize(
    ("protocol", "package", "extra"),
    [("s3", "s3fs", "s3"), ("gs", "gcsfs", "gcs"), ("az", "adlfs", "azure")],
)
def test_a_store_whose_package_is_missing_says_which_extra_to_install(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, protocol: str, package: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(_registry, protocol, raising=False)
    with pytest.raises(DescriptionError, match=f"{package}. Install Tessera's extra '{extra}'"):
        sync(f"{protocol}://deliveries", as_of=FRIDAY, landing=desk.landing)

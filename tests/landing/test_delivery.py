"""What a delivered file's bytes are known by."""

import hashlib
from datetime import date
from pathlib import Path

import pytest

from include.landing import delivery
from include.landing.delivery import Delivery, identify
from tests.landing.door import ORDERS


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 200, 201, 1_050])
def test_the_digest_is_of_all_bytes_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(delivery, "_CHUNK", 100)
    data = bytes(n % 251 for n in range(size))
    file = tmp_path / "orders.csv"
    file.write_bytes(data)
    delivered = Delivery(file=file, path=file.name, delivered_on=date(2025, 3, 3))
    assert identify(delivered, ORDERS.layout).sha256 == hashlib.sha256(data).hexdigest()

"""Fixtures: doors to deliver to, each in a temporary home of its own."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from include.landing.contract import Column, Layout
from tests.landing.door import ORDERS, Door


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test's warehouse to itself."""
    monkeypatch.setenv("TESSERA_HOME", str(tmp_path))


@pytest.fixture
def door(tmp_path: Path) -> Door:
    """A door for CSV orders."""
    return Door(tmp_path)


@pytest.fixture
def make_door(tmp_path: Path) -> Callable[..., Door]:
    """Make a door whose contract differs: ``make_door(quote="'", mode="snapshot")``."""

    def make(*, name: str = "orders.csv", columns: tuple[Column, ...] = (), **terms: Any) -> Door:
        of_layout = set(Layout.__dataclass_fields__) & set(terms)
        layout = replace(ORDERS.layout, **{key: terms.pop(key) for key in of_layout})
        contract = replace(ORDERS, layout=layout, columns=columns or ORDERS.columns, **terms)
        return Door(tmp_path, contract=contract, name=name)

    return make


@pytest.fixture
def jsonl_door(make_door: Callable[..., Door]) -> Door:
    """A door for JSON Lines."""
    return make_door(format="jsonl", pattern="*.jsonl", name="orders.jsonl")


@pytest.fixture
def parquet_door(make_door: Callable[..., Door]) -> Door:
    """A door for Parquet."""
    return make_door(format="parquet", pattern="*.parquet", name="orders.parquet")

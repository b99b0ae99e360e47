"""The demo's delivery, made once for all tests of it, and how to read it back."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from include.demo.deliver import Delivered, deliver

READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    "csv": lambda file: pl.read_csv(file, infer_schema=False),
    "csv.gz": lambda file: pl.read_csv(file, infer_schema=False),
    "jsonl": lambda file: pl.read_ndjson(file, infer_schema_length=None),
    "parquet": pl.read_parquet,
}


class Delivery:
    """A landing folder and what the delivery said of it."""

    def __init__(self, landing: Path) -> None:
        self.landing = landing
        self.said: list[Delivered] = deliver(landing=landing, progress=lambda _: None)

    def files(self, table: str = "*.*") -> list[Path]:
        """Return the delivered files, without manifests, oldest first."""
        found = sorted(self.landing.glob(f"{table.replace('.', '/')}/*/*"))
        return [file for file in found if not file.name.endswith(".manifest.json")]

    def by_day(self, table: str) -> dict[date, pl.DataFrame]:
        """Return each file's rows under the day of its folder."""
        return {date.fromisoformat(file.parent.name): read(file) for file in self.files(table)}

    def rows(self, table: str) -> pl.DataFrame:
        """Return the rows of every file of a table."""
        return pl.concat(self.by_day(table).values())


def read(file: Path) -> pl.DataFrame:
    """Read a delivered file by what its name ends in."""
    return READERS[file.name.split(".", 1)[1]](file)


@pytest.fixture(scope="session")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    return Delivery(tmp_path_factory.mktemp("delivery"))

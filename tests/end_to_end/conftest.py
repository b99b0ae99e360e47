"""A whole morning, run as a person runs it, in a home of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from include import journal
from include.services import scheduling
from include.settings import CHECKOUT, Settings
from include.warehouse import connect, read_query

DAY = "2018-01-02"


DAG_FILE = CHECKOUT / "dags" / "customer_segmentation_daily.py"


@dataclass(frozen=True, kw_only=True)
class Morning:
    """A home in which the demo has run, and what it printed."""

    home: Path
    code: int
    printed: str

    @property
    def published(self) -> Path:
        return self.home / "published" / "tessera.duckdb"

    def read(self, query: str) -> pl.DataFrame:
        """Ask the published file, as an analyst does."""
        with connect(self.published, read_only=True) as connection:
            return read_query(connection, query)

    def outbox(self) -> dict[str, bytes]:
        """Every file that left, by its place in the day's folder."""
        folder = self.home / "outbox" / DAY
        return {
            str(file.relative_to(folder)): file.read_bytes()
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }

    def digests(self) -> dict[str, str]:
        """The canonical digest of each published table that has no random run id in it."""
        frame = self.read("SELECT table_name, digest FROM meta.table_digests ORDER BY 1")
        found = dict(frame.iter_rows())
        found.pop("ml.model_versions")  # carries MLflow's run ids, which are random by design
        return found


def start_morning(home: Path) -> Morning:
    """Run the demo in ``home`` by README's command."""
    not_of_make = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    process = subprocess.run(
        ["make", "--no-print-directory", "demo"],
        cwd=CHECKOUT,
        env={**not_of_make, "TESSERA_HOME": str(home), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return Morning(home=home, code=process.returncode, printed=process.stdout + process.stderr)


@pytest.fixture(scope="session")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Morning:
    """The demo, run once on a fresh home."""
    result = start_morning(tmp_path_factory.mktemp("morning"))
    assert result.code == 0, result.printed
    return result


def start_dag(home: Path) -> dict[str, str]:
    """Run the DAG for the demo's day in ``home``; return each failed task's error, by task."""
    settings = Settings(home=home)
    scheduling.prepare_airflow(settings)
    journal.path(settings).unlink(missing_ok=True)
    subprocess.run(
        [sys.executable, str(DAG_FILE), DAY],
        cwd=CHECKOUT,
        env=scheduling.airflow_environment(settings),
        capture_output=True,
        timeout=600,
        check=False,
    )
    entries = list(journal.entries(journal.path(settings)))
    assert entries, "the run did not start"
    return {entry["task_id"]: entry["note"] for entry in entries if entry["state"] == "failed"}


@pytest.fixture(scope="session")
def run_dag() -> Callable[[Path], dict[str, str]]:
    """The DAG alone, for a test that has broken the deliveries."""
    return start_dag


@pytest.fixture(scope="session")
def run_morning() -> Callable[[Path], Morning]:
    """The demo's command, for a test that needs a run of its own."""
    return start_morning

"""The benchmark of landing runs at its small size, and says what it measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_small_benchmark_runs_and_writes_its_figures(tmp_path: Path) -> None:
    """It ends within a minute on a quiet machine; the limit here leaves room for a loaded one."""
    subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.landing"],
        env=os.environ | {"SCALE": "small", "TESSERA_HOME": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        timeout=480,
        check=True,
        capture_output=True,
    )
    report = json.loads((tmp_path / "benchmarks" / "landing.json").read_text())
    names = [figure["name"] for figure in report["figures"]]
    for form in ("CSV", "CSV.GZ", "JSONL", "Parquet"):
        assert f"{form}: share of the bare read's speed" in names
        assert f"{form}, 1 % bad: share of the bare read's speed" in names
    assert all(figure["value"] > 0 for figure in report["figures"])
    assert {"machine", "versions", "sizes", "seed"} <= set(report)
    assert not (tmp_path / "benchmarks" / "landing").exists()

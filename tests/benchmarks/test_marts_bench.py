"""The benchmark of the marts runs at its small size, and its script by hand agrees with dbt."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_small_benchmark_runs_and_dbt_equals_the_script_by_hand(tmp_path: Path) -> None:
    """It ends within a minute on a quiet machine; the limit here leaves room for a loaded one."""
    subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.marts"],
        env=os.environ | {"SCALE": "small", "TESSERA_HOME": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        timeout=480,
        check=True,
        capture_output=True,
    )
    report = json.loads((tmp_path / "benchmarks" / "marts.json").read_text())
    figures = {figure["name"]: figure for figure in report["figures"]}
    cold = figures["dbt: cold full build over the script by hand"]
    assert cold["value"] > 0
    assert cold["detail"].startswith("equal digests and counts: rfm, sessions, engagement;")
    more = figures["dbt: one more day beyond dbt's start, over the full build"]
    assert "equal to the script's next day: rfm, sessions, engagement;" in more["detail"]
    identity = figures["identity: precision of whose a browser or an address is"]
    assert identity["holds"], identity
    for engine in ("polars", "pandas"):
        raw, copied = (
            figures[f"{engine} over dbt, from {since}"]
            for since in ("the raw tables", "Parquet that lies there already")
        )
        assert raw["value"] > copied["value"] > 0
        assert raw["detail"].startswith("equal digests and counts: rfm, sessions, engagement;")
    assert {"machine", "versions", "sizes", "seed"} <= set(report)
    assert not (tmp_path / "benchmarks" / "marts-800").exists()

"""The benchmark of segments runs at its small size, and says what it measured."""

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
        [sys.executable, "-m", "tests.benchmarks.segments"],
        env=os.environ | {"SCALE": "small", "TESSERA_HOME": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        timeout=480,
        check=True,
        capture_output=True,
    )
    report = json.loads((tmp_path / "benchmarks" / "segments.json").read_text())
    figures = {figure["name"]: figure for figure in report["figures"]}
    assert figures["rows in another order: same label"]["holds"]
    assert figures["2 null companies: structure claimed"]["value"] == 0
    assert figures["2 planted companies: structure found"]["value"] == 2
    assert any("over K-means" in name for name in figures)
    assert {"machine", "versions", "sizes", "seed"} <= set(report)

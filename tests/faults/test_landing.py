"""The fault suite of landing runs within a minute at its small size, and its figures hold."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_small_fault_suite_takes_less_than_a_minute_and_holds(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(
        [sys.executable, "-m", "tests.faults.landing"],
        env=os.environ | {"SCALE": "small", "TESSERA_HOME": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
    )
    report = json.loads((tmp_path / "benchmarks" / "faults-landing.json").read_text())
    figures = {figure["name"]: figure for figure in report["figures"]}
    assert report["sizes"]["scale"] == "small"
    assert figures["kills tried"]["value"] == 4
    assert [f for f in figures.values() if f["holds"] is False and f["unit"] == "count"] == []
    assert list(tmp_path.glob("faults-*")) == []
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert after - before < 60  # the processor's seconds: the machine may be busy with other things

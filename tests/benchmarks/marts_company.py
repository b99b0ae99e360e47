"""A company in a folder for the benchmark of the marts: drawn or found there, and measured."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from include.demo.synthetic.plan import Plan
from include.settings import CHECKOUT
from tests.benchmarks.figures import Figure


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one measured process took, and what it found."""

    seconds: float
    cpu_seconds: float
    peak_megabytes: float
    said: dict[str, str]


@dataclass(frozen=True)
class Bench:
    """A company in a folder, and how to measure something on it."""

    plan: Plan
    home: Path

    @property
    def today(self) -> str:
        """The day of the last delivery."""
        return self.plan.as_of.isoformat()

    @property
    def yesterday(self) -> str:
        """The day before, at which everything is built first."""
        return (self.plan.as_of - timedelta(days=1)).isoformat()

    def run(self, kind: str, day: str, *, memory: str = "4GB") -> Run:
        """Measure one thing in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.marts_runs", kind, day, f"{time.time()}"],
            cwd=CHECKOUT,
            env=os.environ | {"TESSERA_HOME": str(self.home), "TESSERA_MEMORY_LIMIT": memory},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(
                f"{kind} of {day} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
            )
        return Run(**json.loads(done.stdout.splitlines()[-1]))


def company(bench: Bench) -> Figure:
    """Make the synthetic company, or find it there."""
    raw, truth = bench.home / "warehouse" / "raw.duckdb", bench.home / "truth"
    manifest = truth / "manifest.json"
    began = time.monotonic()
    if not manifest.exists():
        shutil.rmtree(bench.home, ignore_errors=True)
        raw.parent.mkdir(parents=True, mode=0o700)
        make(bench.plan, raw, truth)
    rows = json.loads(manifest.read_text())["rows"]
    return Figure(
        name="synthetic company",
        value=round(time.monotonic() - began, 1),
        unit="s",
        detail=f"{bench.plan.customers:,} customers, {rows['shop.order_lines']:,} order lines, "
        f"{rows['web.events']:,} events; raw file {raw.stat().st_size / 1e6:,.0f} MB"
        + ("" if time.monotonic() - began > 1 else "; was there already"),
    )


def make(plan: Plan, raw: Path, truth: Path) -> None:
    """Draw the company in a process of its own: a child starts at its parent's peak memory."""
    asked = asdict(plan) | {"raw": raw, "truth": truth}
    options = [part for name, value in asked.items() for part in (option(name), str(value))]
    subprocess.run(
        [sys.executable, "-m", "include.demo.synthetic", *options], cwd=CHECKOUT, check=True
    )


def option(name: str) -> str:
    """Return a field of the plan as the command spells it."""
    return f"--{name.replace('_', '-')}"


def taken(name: str, run: Run) -> Figure:
    """Return what one run took, as a figure."""
    return Figure(
        name=name,
        value=round(run.seconds, 1),
        unit="s",
        detail=f"{run.cpu_seconds:.1f} s CPU, peak {run.peak_megabytes:,.0f} MB; "
        f"{run.said.get('slowest', '')}",
    )

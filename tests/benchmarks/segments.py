"""The benchmark of segments: time, truth, stability and honesty, beside K-means and plain HDBSCAN.

``make bench-segments`` prints a table and writes ``<home>/benchmarks/segments.json``; it exits 0
when it ran, whatever holds. What is timed runs in a process of its own, and what it is compared
with takes turns with it. Truth comes from planted companies (``segments_data``); the demo's
figures need a home in which the demo has run. ``SCALE=small`` ends within a minute.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from importlib.metadata import version

from rich.console import Console

from include.settings import Settings
from tests.benchmarks import segments_data as data
from tests.benchmarks import segments_demo as demo
from tests.benchmarks import segments_quality as quality
from tests.benchmarks import segments_speed as speed
from tests.benchmarks.figures import Figure, show
from tests.benchmarks.segments_figure import FULL, SMALL, Sizes

console = Console(width=160)

Part = Callable[[Sizes], Iterable[Figure]]
PARTS: dict[str, Part] = {
    "assignment": speed.assignment,
    "against K-means": speed.against_k_means,
    "against HDBSCAN": speed.against_hdbscan,
    "truth": quality.truth,
    "row order": quality.row_order,
    "newcomers": quality.newcomers,
    "an unchanging company": quality.unchanging,
    "a changing company": quality.changing,
    "null companies": quality.honesty,
    "the demo": demo.demo,
}
LIBRARIES = ("hdbscan", "scikit-learn", "scipy", "numpy", "polars")


def main(only: list[str]) -> int:
    """Measure every part (or those named), print and write the figures."""
    scale = os.environ.get("SCALE", "full")
    sizes = SMALL if scale == "small" else FULL
    settings = Settings.from_env()
    began, load_before = time.monotonic(), os.getloadavg()[0]
    figures: list[Figure] = []
    for name, part in PARTS.items():
        if only and name not in only:
            continue
        console.print(f"[dim]{time.monotonic() - began:6.0f} s  {name}[/dim]")
        figures += part(sizes)
    title = "Segments beside K-means, HDBSCAN and the planted truth"
    show(console, figures, title=title, spelled=lambda figure: f"{figure.value:,.4g}")
    report = {
        "machine": {
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "load_before": round(load_before, 2),
            "load_after": round(os.getloadavg()[0], 2),
        },
        "versions": {name: version(name) for name in LIBRARIES}
        | {"python": platform.python_version()},
        "sizes": {"scale": scale, "only": only, **asdict(sizes)},
        "seed": data.SEED,
        "seconds": round(time.monotonic() - began),
        "figures": [asdict(figure) for figure in figures],
    }
    file = settings.home / "benchmarks" / "segments.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    console.print(f"{report['seconds']} s; written to {file}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

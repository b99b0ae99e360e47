"""The benchmark of segments: time, truth, stability and honesty, beside K-means and plain HDBSCAN.

``make bench-segments`` prints a table and writes ``<home>/benchmarks/segments.json``; it exits 0
when it ran, whatever holds. What is timed runs in a process of its own, and what it is compared
with takes turns with it. Truth comes from planted companies (``segments_data``); the demo's
figures need a home in which the demo has run. ``SCALE=small`` ends within a minute.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict

from rich.console import Console

from include.settings import Settings
from tests.benchmarks import segments_choice as choice
from tests.benchmarks import segments_data as data
from tests.benchmarks import segments_demo as demo
from tests.benchmarks import segments_quality as quality
from tests.benchmarks import segments_speed as speed
from tests.benchmarks.figures import Beginning, Figure, show, write_report
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
    "the choice": choice.choice,
    "the demo": demo.demo,
}
LIBRARIES = ("hdbscan", "scikit-learn", "scipy", "numpy", "polars")


def main(only: list[str]) -> int:
    """Measure every part (or those named), print and write the figures."""
    scale = os.environ.get("SCALE", "full")
    sizes = SMALL if scale == "small" else FULL
    settings = Settings.from_env()
    began = Beginning()
    figures: list[Figure] = []
    for name, part in PARTS.items():
        if only and name not in only:
            continue
        console.print(f"[dim]{time.monotonic() - began.at:6.0f} s  {name}[/dim]")
        figures += part(sizes)
    title = "Segments beside K-means, HDBSCAN and the planted truth"
    show(console, figures, title=title, spelled=lambda figure: f"{figure.value:,.4g}")
    line = write_report(
        settings.home / "benchmarks" / "segments.json",
        figures,
        began=began,
        libraries=LIBRARIES,
        sizes={"scale": scale, "only": only, **asdict(sizes)},
        seed=data.SEED,
    )
    console.print(line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

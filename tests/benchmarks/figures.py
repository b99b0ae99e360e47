"""A benchmark's figures: what one says, and the table and the report that a run makes of them."""

import json
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure; it holds where it keeps to its target, or where nothing is aimed at."""

    name: str
    value: float
    unit: str
    target: str = ""
    holds: bool | None = None
    detail: str = ""


@dataclass(frozen=True)
class Beginning:
    """When a run began, and how busy the machine was then."""

    at: float = field(default_factory=time.monotonic)
    load: float = field(default_factory=lambda: os.getloadavg()[0])


def show(
    console: Console, figures: list[Figure], *, title: str, spelled: Callable[[Figure], str]
) -> None:
    """Print the figures as a table, each value as it is ``spelled``."""
    table = Table("figure", title=title)
    for heading in ("value", "unit", "target", "holds"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("detail")
    for figure in figures:
        holds = "" if figure.holds is None else ("yes" if figure.holds else "[red]NO[/red]")
        table.add_row(
            figure.name, spelled(figure), figure.unit, figure.target, holds, figure.detail
        )
    console.print(table)


def write_report(
    file: Path,
    figures: list[Figure],
    *,
    began: Beginning,
    libraries: tuple[str, ...],
    sizes: Mapping[str, object],
    seed: int,
) -> str:
    """Write the figures with what they depend on; return a line that says where they are."""
    seconds = round(time.monotonic() - began.at)
    report = {
        "machine": {
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "load_before": round(began.load, 2),
            "load_after": round(os.getloadavg()[0], 2),
        },
        "versions": {name: version(name) for name in libraries}
        | {"python": platform.python_version()},
        "sizes": dict(sizes),
        "seed": seed,
        "seconds": seconds,
        "figures": [asdict(figure) for figure in figures],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return f"{seconds} s; written to {file}"

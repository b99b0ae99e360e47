"""A benchmark's figures: what one says, and the table that a run prints of them."""

from collections.abc import Callable
from dataclasses import dataclass

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


def show(
    console: Console, figures: list[Figure], *, title: str, spelled: Callable[[Figure], str]
) -> None:
    """Print the figures as a table, each value as it is ``spelled``."""
    table = Table("figure", title=title)
    for heading in ("value", "unit", "target", "holds"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("detail")
    for figure in figures:
        holds = "" if figure.holds is None else ("yes" if figure.holds else "NO")
        table.add_row(
            figure.name, spelled(figure), figure.unit, figure.target, holds, figure.detail
        )
    console.print(table)

"""The summary: what ``make demo`` ends with in the terminal, from the published file."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from include.console import wording
from include.console.churn import churn
from include.console.colours import terminal_colour_of
from include.console.headline import key_figures
from include.console.quality import Quality, quality
from include.console.segments import are_by_rules, segment_cards
from include.console.tables import publication, published_day

BY_RULE = "These are RFM segments, by rule: no clusters of these customers could be proven."


def summarise(
    *, published: Path, stage_seconds: Mapping[str, float], places: Mapping[str, Path]
) -> RenderableType:
    """Return what a person wants to see after a run: segments, churn, rows, seconds, places."""
    as_of = published_day(published)
    with publication(published, as_of) as connection:
        figures = key_figures(connection)
        cards = segment_cards(connection)
        scores = churn(connection).scores
        found = quality(connection)
    side_by_side = Table.grid(padding=(0, 3))
    side_by_side.add_row(deliveries(found), seconds(stage_seconds))
    parts: list[RenderableType] = [heading(as_of, figures), segments_table(cards), Text()]
    if scores:
        parts += [contest(scores), Text()]
    return Group(*parts, side_by_side, Text(), *gate_lines(found), where(places))


def heading(as_of: date, figures: Mapping[str, Any]) -> RenderableType:
    """Return the day and the figures that matter most."""
    says = (
        f"{wording.plural(figures['customers'], 'customer')}, "
        f"{wording.count(figures['active'])} active, "
        f"{wording.amount(figures['revenue'])} revenue in 90 days, "
        f"{wording.count(figures['at_risk'])} at high churn risk"
    )
    return Group(
        Rule(Text(f"Customer segments as of {wording.day(as_of)}", style="bold"), align="left"),
        Text(says),
        Text(),
    )


def segments_table(cards: list[dict[str, Any]]) -> RenderableType:
    """Return the segments, largest first; medians for recency, frequency and monetary value."""
    if not cards:
        return Text("No segments were learnt for this day.")
    table = _table(
        "Segment", "Customers", "Share", "Recency", "Frequency", "Monetary", "Churn risk"
    )
    for card in cards:
        square = Text("■ ", style=terminal_colour_of(card["segment_id"]))
        name = square.append(card["segment_name"], style="default")
        table.add_row(
            name,
            wording.count(card["customers"]),
            wording.share(card["customer_share"], 1),
            f"{wording.count(card['recency_days'])} d",
            wording.count(card["frequency_orders"]),
            wording.amount(card["monetary_amount"]),
            wording.share(card["churn"], 1),
        )
    if are_by_rules(cards):
        return Group(table, Text(BY_RULE, style="yellow"))
    return table


def contest(scores: list[dict[str, Any]]) -> RenderableType:
    """Return the churn model's measures beside both baselines', the best in green."""
    table = _table("Churn, judged on a later month", *(score["label"] for score in scores))
    for contenders in zip(*(score["contenders"] for score in scores), strict=True):
        cells = [
            Text(each["text"], style="bold green" if each["is_best"] else "") for each in contenders
        ]
        table.add_row(contenders[0]["name"], *cells)
    return table


def deliveries(found: Quality) -> RenderableType:
    """Return the rows landed and quarantined of each entity."""
    table = _table("Rows", "Landed", "Quarantined")
    for row in found.entities:
        table.add_row(
            row["name"],
            wording.count(row["landed"]),
            Text(wording.count(row["quarantined"]), style="yellow" if row["quarantined"] else ""),
        )
    return table


def seconds(stage_seconds: Mapping[str, float]) -> RenderableType:
    """Return the seconds each stage took, and their sum."""
    table = _table("Stage", "Seconds")
    for stage, taken in stage_seconds.items():
        table.add_row(wording.spoken(stage.rpartition(".")[2]), f"{taken:.1f}")
    table.add_section()
    table.add_row(Text("All", style="bold"), Text(f"{sum(stage_seconds.values()):.1f}", "bold"))
    return table


def gate_lines(found: Quality) -> list[RenderableType]:
    """Return what the gates said, one line, where they said anything."""
    if not found.suites:
        return []
    passed, warnings, failed = (found.gates[each] for each in ("passed", "warning", "failed"))
    kept = wording.plural(passed, "promise")
    says = f"{kept} kept, {wording.plural(warnings, 'warning')}, {failed} broken"
    return [Text.assemble(("Gates ", "bold"), says), Text()]


def where(places: Mapping[str, Path]) -> RenderableType:
    """Return where everything is, one path a line, whole, so that it can be copied."""
    lines = Text(overflow="fold")
    width = max((len(name) for name in places), default=0)
    for name, path in places.items():
        lines.append(f"{name:<{width}}  ", style="bold").append(f"{path}\n", style="cyan")
    return lines


def _table(first: str, *others: str) -> Table:
    """Return an unframed table, its first column words, the others numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first)
    for heading_text in others:
        table.add_column(heading_text, justify="right")
    return table

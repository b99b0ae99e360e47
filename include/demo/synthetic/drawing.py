"""Drawing: a synthetic company, chunk by chunk, as numbers that lie by delivery."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from include.demo.synthetic import campaigns, catalogue, events, orders, people, visits
from include.demo.synthetic.chunk import Chunk
from include.demo.synthetic.plan import Ints, Plan
from include.demo.synthetic.staging import DELIVERY, Staging
from include.demo.synthetic.traits import draw_traits

LINES, CONTACTS, CANCELLATIONS = "lines", "contacts", "cancellations"
EVENTS, EXPOSURES, REDEMPTIONS = "events", "exposures", "redemptions"
CORRECTIONS = "corrections"
Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Company:
    """What has been drawn: people and campaigns in memory, the rest in the staging folder."""

    plan: Plan
    people: people.People
    campaigns: campaigns.Campaigns
    staging: Staging
    planted: Counter[str]


@contextmanager
def drawn(plan: Plan, beside: Path, progress: Progress) -> Iterator[Company]:
    """Draw the company, and clear the staging folder afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="synthetic-", dir=beside))
    try:
        progress(f"Drawing {plan.customers:,} people")
        everybody = people.draw_people(plan, draw_traits(plan))
        written_to = campaigns.draw_campaigns(plan, everybody)
        company = Company(
            plan=plan,
            people=everybody,
            campaigns=written_to,
            staging=Staging(folder),
            planted=Counter(accounts(plan, everybody)),
        )
        for name, rows in (
            (EXPOSURES, campaigns.exposures(written_to)),
            (CORRECTIONS, people.corrections(plan, everybody)),
        ):
            company.staging.keep(name, 0, with_delivery(plan, rows, "second"))
        prices = catalogue.prices(plan)
        for number, (first, after) in enumerate(plan.chunks):
            progress(f"Drawing what customers {first:,} to {after:,} did")
            draw_chunk(company, number, first, after, prices)
        yield company
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def draw_chunk(company: Company, number: int, first: int, after: int, prices: Ints) -> None:
    """Draw one chunk's orders, lines, visits and events, and stage them by delivery."""
    chunk = Chunk(
        plan=company.plan,
        people=company.people,
        campaigns=company.campaigns,
        first=first,
        after=after,
        random=company.plan.random("chunk", number),
    )
    placed = orders.draw_orders(chunk)
    lines = orders.draw_lines(chunk, placed, prices)
    bought = orders.line_rows(chunk, placed, lines)
    came = visits.draw_visits(chunk, placed)
    happened = events.draw_events(chunk, (placed, lines), came)
    company.planted.update(mess(bought, placed, happened))
    for name, rows, known in (
        (LINES, bought, "second"),
        (CONTACTS, orders.contacts(chunk, placed), "second"),
        (CANCELLATIONS, orders.cancellations(chunk, placed), "second"),
        (REDEMPTIONS, redemptions(placed, lines), "second"),
        (EVENTS, happened, "known"),
    ):
        company.staging.keep(name, number, with_delivery(chunk.plan, rows, known))


def redemptions(placed: orders.Orders, lines: orders.Lines) -> pl.DataFrame:
    """Return one row a line whose coupon was redeemed by a customer we know."""
    order = lines.order[(lines.coupon > 0) & ~placed.is_guest[lines.order]]
    return pl.DataFrame(
        {
            "customer": placed.customer[order],
            "campaign": placed.campaign[order],
            "second": placed.second[order],
        }
    )


def accounts(plan: Plan, everybody: people.People) -> dict[str, int]:
    """Count what was planted among the accounts."""
    numbers = np.arange(plan.customers)
    return {
        "second_accounts": int((everybody.person != numbers).sum()),
        "shared_browsers": int((everybody.shares_with != numbers).sum()),
        "never_order": int(everybody.never_orders.sum()),
        "churned": int((everybody.churned < plan.days).sum()),
    }


def mess(bought: pl.DataFrame, placed: orders.Orders, happened: pl.DataFrame) -> dict[str, int]:
    """Count what was planted in a chunk."""
    return {
        "orders": len(placed),
        "orders_by_campaign": int((placed.campaign >= 0).sum()),
        "guest_orders": int(placed.is_guest.sum()),
        "cancelled_orders": int(placed.is_cancelled.sum()),
        "returned_lines": int((bought["quantity"] < 0).sum()),
        "doubled_events": int(happened["is_double"].sum()),
        "late_events": int(happened["is_late"].sum()),
        "bot_events": int(happened["is_bot"].sum()),
    }


def with_delivery(plan: Plan, rows: pl.DataFrame, known: str) -> pl.DataFrame:
    """Say of each row which delivery brings it."""
    which = plan.delivery_of(rows[known].to_numpy()).astype(np.int16)
    return rows.with_columns(pl.Series(DELIVERY, which))

"""Which file the demo company delivers on which day, and which rows are in it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

import polars as pl

from include.demo import company, web
from include.warehouse import Connection

MONTHS = tuple(date(2017, month, 1) for month in range(2, 13))
NEW_YEAR = date(2018, 1, 1)
DAY = date(2018, 1, 2)  # the demo's day: every order line is from before it
MONTHLY = (*MONTHS, NEW_YEAR)  # marketing has nothing to say on the last day, so no file
SNAPSHOTS = (*MONTHS, NEW_YEAR, DAY)
DAILY_AT_LAST = (*MONTHS, *(date(2017, 12, day) for day in range(26, 32)), NEW_YEAR, DAY)

Rows = Callable[[Connection, Sequence[date]], Iterator[tuple[date, pl.DataFrame]]]


def snapshots(read: Callable[[Connection, date], pl.DataFrame]) -> Rows:
    """Deliver on each day everything that is known before it."""

    def rows(connection: Connection, dates: Sequence[date]) -> Iterator[tuple[date, pl.DataFrame]]:
        return ((day, read(connection, day)) for day in dates)

    return rows


def increments(read: Callable[[Connection], pl.DataFrame], *, known_at: str) -> Rows:
    """Deliver on each day what became known since the delivery before, by ``known_at``.

    Columns that begin with an underscore are for cutting only and are not delivered.
    """

    def rows(connection: Connection, dates: Sequence[date]) -> Iterator[tuple[date, pl.DataFrame]]:
        everything = read(connection)
        for since, until in pairwise((date.min, *dates)):
            fresh = pl.col(known_at).is_between(since, until, closed="left")
            yield until, everything.filter(fresh).select(pl.exclude("^_.*$"))

    return rows


@dataclass(frozen=True, kw_only=True)
class Entity:
    """What one source delivers: in which format, on which days, which rows."""

    source: str
    name: str
    suffix: str
    dates: tuple[date, ...]
    rows: Rows

    def file(self, landing: Path, delivered_on: date) -> Path:
        """Return where the file of a day lies."""
        folder = landing / self.source / self.name / delivered_on.isoformat()
        return folder / f"{self.name}.{self.suffix}"


ENTITIES = (
    Entity(
        source="crm",
        name="customers",
        suffix="csv",
        dates=SNAPSHOTS,
        rows=snapshots(company.customers),
    ),
    Entity(
        source="shop",
        name="products",
        suffix="jsonl",
        dates=MONTHS[:1],
        rows=snapshots(lambda connection, _: company.products(connection)),
    ),
    Entity(
        source="shop",
        name="order_lines",
        suffix="csv.gz",
        dates=DAILY_AT_LAST,
        rows=increments(company.order_lines, known_at="ordered_at"),
    ),
    Entity(
        source="marketing",
        name="campaign_exposures",
        suffix="jsonl",
        dates=MONTHLY,
        rows=increments(company.campaign_exposures, known_at="started_date"),
    ),
    Entity(
        source="marketing",
        name="coupon_redemptions",
        suffix="jsonl",
        dates=MONTHLY,
        rows=increments(company.coupon_redemptions, known_at="redeemed_date"),
    ),
    Entity(
        source="web",
        name="events",
        suffix="parquet",
        dates=DAILY_AT_LAST,
        rows=increments(web.events, known_at=web.KNOWN_AT),
    ),
)

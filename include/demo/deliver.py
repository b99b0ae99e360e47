"""Deliver the demo: which file comes on which day, and putting it into the landing folder.

What the files say is in `company` (real) and `web` (made up); how they are written in `writing`.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import polars as pl

from include.demo import company, web
from include.demo.writing import Manifest, read_manifest, write_delivery
from include.settings import Settings

MONTHS = tuple(date(2017, month, 1) for month in range(2, 13))
NEW_YEAR = date(2018, 1, 1)
DAY = date(2018, 1, 2)  # the demo's day: every order line is from before it
LAST_WEEK = (
    *(date(2017, 12, day) for day in range(26, 32)),
    NEW_YEAR,
    DAY,
)

Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Entity:
    """What one source delivers: in which format, on which days, and since when it is known.

    A day on which there is nothing to say (marketing's last) has no file.
    """

    source: str
    name: str
    suffix: str
    dates: tuple[date, ...]
    known_at: str | None = None  # the column that cuts increments; None: full snapshots

    def file(self, landing: Path, delivered_on: date) -> Path:
        """Return where the file of a day lies."""
        folder = landing / self.source / self.name / delivered_on.isoformat()
        return folder / f"{self.name}.{self.suffix}"


ENTITIES = (
    Entity(source="crm", name="customers", suffix="csv", dates=(*MONTHS, NEW_YEAR, DAY)),
    Entity(
        source="shop",
        name="order_lines",
        suffix="csv.gz",
        dates=(*MONTHS, *LAST_WEEK),
        known_at="ordered_at",
    ),
    Entity(source="shop", name="products", suffix="jsonl", dates=MONTHS[:1]),
    Entity(
        source="marketing",
        name="campaign_exposures",
        suffix="jsonl",
        dates=(*MONTHS, NEW_YEAR),
        known_at="started_date",
    ),
    Entity(
        source="marketing",
        name="coupon_redemptions",
        suffix="jsonl",
        dates=(*MONTHS, NEW_YEAR),
        known_at="redeemed_date",
    ),
    Entity(
        source="web",
        name="events",
        suffix="parquet",
        dates=(*MONTHS, *LAST_WEEK),
        known_at=web.KNOWN_AT,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What lies in the landing folder for one entity."""

    table: str
    files: int
    kept: int
    rows: int
    size_bytes: int


def run(report: Report = print) -> list[Delivered]:
    """Deliver into the home that the settings name."""
    settings = Settings.from_env()
    settings.make_home()
    return deliver(landing=settings.landing, report=report)


def deliver(*, landing: Path, report: Report = print) -> list[Delivered]:
    """Put every file that is not there yet into ``landing``, and return what lies there.

    A file whose manifest states its digest is kept as it is: deliveries are never modified.
    """
    with ExitStack() as stack:
        source = Source(stack)
        return [deliver_entity(entity, source, landing=landing, report=report) for entity in ENTITIES]


def deliver_entity(
    entity: Entity, source: "Source", *, landing: Path, report: Report
) -> Delivered:
    """Deliver what is missing of one entity."""
    files = {day: entity.file(landing, day) for day in entity.dates}
    manifests = {day: read_manifest(file) for day, file in files.items()}
    kept = {day: manifest for day, manifest in manifests.items() if manifest is not None}
    missing = [day for day in entity.dates if day not in kept]
    table = f"{entity.source}.{entity.name}"
    if missing:
        report(f"Delivering {table}: {len(missing)} files")
    return Delivered()

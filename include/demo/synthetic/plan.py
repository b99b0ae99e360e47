"""Plan: how large a synthetic company is, when it trades and delivers, and where its dice are.

Times inside the generator are whole seconds since the first day's midnight (UTC).
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from include.demo.visits import HOURS, WEEKDAYS

COMPANY = "Sample & Daughters (synthetic)"
NOTE = (
    "Synthetic: made by `python -m include.demo.synthetic` from a seed. No customer, order, visit "
    "or campaign in it ever was; use it to judge software, never to learn about people."
)
DAY = 86_400
CHUNK = 20_000  # customers drawn at a time: fixed, so that neither memory nor threads move a row
MOST_CUSTOMERS = 9_999_999  # their ids have seven digits
LEAST_DAYS, MOST_DAYS = 30, 3_650
CHRISTMAS = (330, 358)  # days of the year on which shops are fuller than ever
DAILY_AT_LAST = 7  # deliveries come monthly, and daily in the last week
Structure = Literal["easy", "hard", "none"]
Random = np.random.Generator
Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]


class PlanError(ValueError):
    """The company that was asked for cannot be made."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything a synthetic company follows from; two equal plans give equal bytes."""

    customers: int = 1_000_000
    days: int = 365
    seed: int = 7
    as_of: date = date(2018, 1, 2)
    structure: Structure = "easy"

    def __post_init__(self) -> None:
        """Refuse sizes that make no company, and say which would."""
        if not 1 <= self.customers <= MOST_CUSTOMERS:
            raise PlanError(
                f"{self.customers:,} customers are too few or too many: "
                f"between 1 and {MOST_CUSTOMERS:,}."
            )
        if not LEAST_DAYS <= self.days <= MOST_DAYS:
            raise PlanError(
                f"{self.days} days are too few or too many: between {LEAST_DAYS} and {MOST_DAYS}."
            )
        if self.seed < 0:
            raise PlanError(f"The seed is a number from 0 up, not {self.seed}.")

    @property
    def start(self) -> date:
        """The first day of trade; the last is the one before ``as_of``."""
        return self.as_of - timedelta(days=self.days)

    @property
    def end(self) -> int:
        """The second at which nothing has happened yet."""
        return self.days * DAY

    @property
    def epoch(self) -> int:
        """Seconds from 1970 to the first day's midnight."""
        return (self.start - date(1970, 1, 1)).days * DAY

    @property
    def chunks(self) -> Iterator[tuple[int, int]]:
        """Yield the first customer of each chunk and the one after its last."""
        for first in range(0, self.customers, CHUNK):
            yield first, min(first + CHUNK, self.customers)

    @property
    def deliveries(self) -> tuple[date, ...]:
        """The mornings on which files arrive; the last is ``as_of``."""
        days = [self.start + timedelta(days=number) for number in range(1, self.days + 1)]
        return tuple(day for day in days if day.day == 1 or (self.as_of - day).days < DAILY_AT_LAST)

    @property
    def snapshots(self) -> tuple[date, ...]:
        """The mornings on which the CRM delivers itself whole: at first, quarterly, and last."""
        quarters = [day for day in self.deliveries if day.day == 1 and day.month % 3 == 1]
        return tuple(sorted({self.deliveries[0], *quarters, self.as_of}))

    def delivery_of(self, seconds: Ints) -> Ints:
        """Return which delivery brings what was known at ``seconds``: the first one after it."""
        mornings = np.array([(day - self.start).days * DAY for day in self.deliveries])
        found = np.searchsorted(mornings, seconds, side="right")
        return np.minimum(found, len(mornings) - 1)  # what is late beyond the last comes with it

    def moment(self, day: date) -> datetime:
        """Return the midnight at which ``day`` begins."""
        return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - UTC by declaration

    def random(self, purpose: str, chunk: int = 0) -> Random:
        """Return the dice of one purpose and chunk; nobody else's draws move them."""
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode()), chunk])

    def trade(self) -> Floats:
        """Return the years of trade that have passed at each midnight, in season-weighted years.

        Shape ``(days + 1,)``: weekdays differ, spring and December are busier than the rest, and a
        whole year still counts as one.
        """
        numbers = np.arange(self.days)
        dates = np.datetime64(self.start) + numbers
        weekday = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7  # 1970-01-01: a Thursday
        of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
        is_christmas = (of_year >= CHRISTMAS[0]) & (of_year < CHRISTMAS[1])
        season = 1 + 0.1 * np.sin(2 * np.pi * of_year / 365) + 0.6 * is_christmas
        weight = WEEKDAYS[weekday] * 7 * season / 1.046
        return np.concatenate([[0.0], np.cumsum(weight)]) / 365


def second_of_day(count: int, random: Random) -> Ints:
    """Draw times of day, to the second, as the hours' shares have it."""
    return random.choice(24, count, p=HOURS) * 3_600 + random.integers(3_600, size=count)

"""Campaigns: who was written to by chance, who was held out, and the orders it truly brought.

Everybody eligible is treated or held out by a coin, so the effect can be estimated; what each
treated customer's expected extra orders were is known, so an estimate can be judged.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from include.demo.synthetic.people import People
from include.demo.synthetic.plan import Flags, Floats, Ints, Plan

EVERY_DAYS, LAST_DAYS, FIRST_DAY = 30, 14, 10
ELIGIBLE_SHARE, TREATED_SHARE = 0.4, 0.5
# Extra orders, as a multiple of the usual rate times the customer's response share; one is nothing.
EFFECTS = (2.0, 0.0, 3.0, 1.0)
TYPES = ("Type A", "Type B", "Type C")


@dataclass(frozen=True, kw_only=True)
class Campaigns:
    """Every campaign, and for each customer and campaign whether they were in it.

    ``treated`` and ``held_out`` have shape ``(customers, campaigns)``; ``extra`` rows are orders
    that would not have been: customer, day, campaign.
    """

    first: Ints
    effect: Floats
    treated: Flags
    held_out: Flags
    expected: Floats
    extra: pl.DataFrame

    @property
    def last(self) -> Ints:
        """The last day of each campaign."""
        return self.first + LAST_DAYS - 1

    def running(self, plan: Plan) -> Ints:
        """Return which campaign runs on each day; -1 for none."""
        days = np.arange(plan.days + 1)
        started = np.searchsorted(self.first, days, side="right") - 1
        runs = (started >= 0) & (days <= self.last[started])
        return np.where(runs, started, -1)


def draw_campaigns(plan: Plan, people: People) -> Campaigns:
    """Draw who is in which campaign, and the orders each one brings."""
    first = np.arange(FIRST_DAY, plan.days - LAST_DAYS, EVERY_DAYS)
    effect = np.resize(np.array(EFFECTS), len(first))
    shape = (plan.customers, len(first))
    treated, held_out = np.zeros(shape, bool), np.zeros(shape, bool)
    expected = np.zeros(shape)
    extras = []
    base = people.traits["orders_per_year"] * LAST_DAYS / 365 * people.traits["response_share"]
    for number, day in enumerate(first):
        random = plan.random("campaign", number)
        is_there = (people.joined < day) & (people.churned > day)
        draw = random.random(plan.customers)
        treated[:, number] = is_there & (draw < ELIGIBLE_SHARE * TREATED_SHARE)
        held_out[:, number] = is_there & ~treated[:, number] & (draw < ELIGIBLE_SHARE)
        buys = ~people.never_orders & is_there
        expected[:, number] = np.where(buys, effect[number] * base, 0)
        orders = random.poisson(np.where(treated[:, number], expected[:, number], 0))
        customer = np.repeat(np.arange(plan.customers), orders)
        extra_day = day + random.integers(LAST_DAYS, size=len(customer))
        is_alive = extra_day < people.churned[customer]
        extras.append(
            pl.DataFrame({"customer": customer, "day": extra_day, "campaign": number}).filter(
                pl.Series(is_alive)
            )
        )
    empty = pl.DataFrame(schema={"customer": pl.Int64, "day": pl.Int64, "campaign": pl.Int32})
    extra = pl.concat([empty, *(frame.cast(empty.schema) for frame in extras)])
    return Campaigns(
        first=first,
        effect=effect,
        treated=treated,
        held_out=held_out,
        expected=expected,
        extra=extra.sort("customer", "day", maintain_order=True),
    )


def exposures(campaigns: Campaigns) -> pl.DataFrame:
    """Return one row a campaign and customer treated, with the second the campaign began."""
    campaign, customer = np.nonzero(campaigns.treated.T)
    return pl.DataFrame(
        {
            "campaign": campaign,
            "customer": customer,
            "second": campaigns.first[campaign] * 86_400,
            "last": campaigns.last[campaign],
        }
    )

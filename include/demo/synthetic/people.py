"""People: who the customers are, since and until when they trade, how they are reached.

Planted here: second accounts of one person, devices that two customers share, customers who never
order, e-mail addresses in odd case, churn with a known hazard.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from include.demo.synthetic import catalogue
from include.demo.synthetic.plan import DAY, Flags, Floats, Ints, Plan, Random
from include.demo.synthetic.traits import Traits

SECOND_ACCOUNT_SHARE = 0.01  # a person signed up again, with the same address in another case
SHARED_DEVICE_SHARE = 0.02  # the first device is a housemate's
NEVER_ORDERS_SHARE = 0.04
OLD_SHARE = 0.5  # were customers before the first day
ODD_CASE_SHARE = 0.03  # of the CRM's addresses
OLDEST_DAYS = 1_000
TURNS_SHARE = 0.2  # change their mind about consent
KNOWN_SHARE = 0.4  # told the CRM their demographics
DEVICES = 4  # numbers a customer has for devices; the last is never given out


@dataclass(frozen=True, kw_only=True)
class People:
    """Every account, by number: arrays of shape ``(customers,)``; days count from the first."""

    traits: Traits
    person: Ints  # the number of the account the person has had longest
    joined: Ints  # day; negative before the first
    churned: Ints  # day from which nothing happens any more; may lie past the end
    never_orders: Flags
    favourite: Ints  # department
    devices: Ints  # 1 to 3
    shares_with: Ints  # the account whose first device is used; its own number where nobody's
    said_first: Ints  # consent on joining: 1 yes, 0 no, -1 never asked
    changed: Ints  # day on which consent turned; past the end where it never did
    has_odd_case: Flags

    def visitor(self, customer: Ints, device: Ints) -> Ints:
        """Return the number of the browser a customer uses as their ``device``-th."""
        owner = np.where(device == 0, self.shares_with[customer], customer)
        return owner * DEVICES + device

    def first_active(self) -> Ints:
        """Return the first day on which each customer can do something."""
        return np.maximum(self.joined, 0)

    def last_active(self, plan: Plan) -> Ints:
        """Return the day from which each customer does nothing any more, within the plan."""
        return np.minimum(self.churned, plan.days)


def draw_people(plan: Plan, traits: Traits) -> People:
    """Draw everybody; a second account and a shared device are the next account's of a chunk."""
    random, count = plan.random("people"), plan.customers
    joined = np.where(
        random.random(count) < OLD_SHARE,
        -random.integers(1, OLDEST_DAYS, count),
        random.integers(0, plan.days, count),
    )
    years = random.exponential(1 / traits["churn_per_year"])
    churned = np.maximum(joined, 0) + 1 + (365 * years).astype(np.int64)
    numbers = np.arange(count)
    second = neighbours(count, SECOND_ACCOUNT_SHARE, random)
    person = np.where(second, numbers - 1, numbers)
    joined[second] = np.clip(joined[numbers[second] - 1] + 30, None, plan.days - 1)
    return People(
        traits=traits,
        person=person,
        joined=joined,
        churned=np.maximum(churned, joined + 1),
        never_orders=random.random(count) < NEVER_ORDERS_SHARE,
        favourite=catalogue.departments(count, random),
        devices=random.choice([1, 2, 3], count, p=[0.55, 0.35, 0.10]),
        shares_with=np.where(neighbours(count, SHARED_DEVICE_SHARE, random), numbers - 1, numbers),
        **draw_consents(plan, joined, random),
        has_odd_case=second | (random.random(count) < ODD_CASE_SHARE),
    )


def neighbours(count: int, share: float, random: Random) -> Flags:
    """Draw which accounts belong with the one before; never two in a row."""
    drawn: Flags = random.random(count) < share
    drawn[0] = False
    drawn[1:] &= ~drawn[:-1]
    return drawn


def draw_consents(plan: Plan, joined: Ints, random: Random) -> dict[str, Ints]:
    """Draw what each said on joining, and when a fifth of them said otherwise later."""
    count = len(joined)
    turns = random.random(count) < TURNS_SHARE
    turned = np.maximum(joined, 0) + random.integers(7, 360, count)
    return {
        "said_first": random.choice([1, 0, -1], count, p=[0.74, 0.18, 0.08]),
        "changed": np.where(turns, turned, plan.days + OLDEST_DAYS),
    }


def crm(plan: Plan, people: People) -> pl.DataFrame:
    """Return what never changes in the CRM, one row an account: numbers, for SQL to spell."""
    random, count = plan.random("crm"), plan.customers
    is_known = random.random(count) < KNOWN_SHARE  # demographics
    codes = {
        name: np.where(is_known, random.integers(values, size=count), -1).astype(np.int8)
        for name, values in (("age", 6), ("income", 12), ("home", 4), ("kids", 4))
    }
    return pl.DataFrame(
        {
            "customer": np.arange(count),
            "person": people.person,
            "joined": people.joined,
            "said_first": people.said_first,
            "changed": people.changed,
            "has_odd_case": people.has_odd_case,
            **codes,
        }
    )


def corrections(plan: Plan, people: People) -> pl.DataFrame:
    """Return decisions about some shared browsers: they are not the second customer's."""
    numbers = np.arange(plan.customers)
    second = numbers[(people.shares_with != numbers) & (numbers % 10 == 0)]
    return pl.DataFrame(
        {
            "customer": second,
            "visitor": people.visitor(second, np.zeros_like(second)),
            "second": np.full(len(second), plan.end - DAY),
        }
    )


def day_number(plan: Plan, day: date) -> int:
    """Return which day of the plan ``day`` is."""
    return (day - plan.start).days


def times_between(plan: Plan, rate: Floats, first: Ints, last: Ints, random: Random) -> Ints:
    """Draw how often something happens within ``[first, last)`` at a yearly ``rate``."""
    trade = plan.trade()
    years = np.maximum(trade[last] - trade[np.minimum(first, last)], 0)
    return random.poisson(rate * years)


def days_within(plan: Plan, first: Ints, last: Ints, random: Random) -> Ints:
    """Draw a day for each row from ``[first, last)``, as busy days are busy."""
    trade = plan.trade()
    drawn = trade[first] + random.random(len(first)) * (trade[last] - trade[first])
    return np.clip(np.searchsorted(trade, drawn, side="right") - 1, first, last - 1)


def seconds_of(days: Ints, seconds: Ints) -> Ints:
    """Return days and times of day as seconds since the first midnight."""
    return days * DAY + seconds

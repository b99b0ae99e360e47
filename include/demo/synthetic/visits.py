"""Visits: who comes to the web shop when, on which device, from where, and what for.

Planted here: visitors whom nobody knows, guests at the checkout, shared devices, bots.
"""

from dataclasses import dataclass

import numpy as np

from include.demo.synthetic.chunk import Chunk
from include.demo.synthetic.orders import Orders
from include.demo.synthetic.people import DEVICES, days_within, seconds_of, times_between
from include.demo.synthetic.plan import DAY, Ints, Plan, second_of_day

BOUNCE, BROWSE, CART, PURCHASE, BOT = range(5)
KIND_SHARES = (0.28, 0.54, 0.18)  # of the visits that are no purchase
LOGGED_IN_SHARE = 0.45  # of a customer's visits beyond the first page
UNKNOWN_EACH = 0.6  # visits by unknown people, a customer of the company and year
UNKNOWN_VISITORS_EACH = 0.4
BOT_EVERY = 2_000  # customers a bot
BOT_RUNS = 12  # a year
MAILED_SHARE = 0.3  # of a treated customer's visits while the campaign runs
ORIGIN_SHARES = (0.40, 0.26, 0.06, 0.07, 0.04, 0.06, 0.04, 0.07)  # in the order of `spelling`
NOBODY = -1


@dataclass(frozen=True, kw_only=True)
class Visits:
    """Visits of one chunk: arrays of shape ``(visits,)``."""

    kind: Ints
    customer: Ints  # who it truly was; -1 for unknown people and bots
    visitor: Ints
    second: Ints  # of the first event; of the last one for a purchase
    order: Ints  # place in the chunk's orders; -1 unless a purchase
    logs_in: Ints  # 1 or 0
    device: Ints
    origin: Ints
    campaign: Ints

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.kind)


def draw_visits(chunk: Chunk, orders: Orders) -> Visits:
    """Draw every visit of a chunk's customers, of unknown people, and of bots."""
    parts = [looking(chunk), buying(chunk, orders), unknown(chunk), bots(chunk)]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    count = len(joined["kind"])
    return Visits(
        **joined,
        device=(joined["visitor"] * 2_654_435_761 >> 7) % 100,  # a visitor has one device
        origin=chunk.random.choice(len(ORIGIN_SHARES), count, p=ORIGIN_SHARES),
        campaign=mailed_by(chunk, joined["customer"], joined["second"]),
    )


def mailed_by(chunk: Chunk, customer: Ints, second: Ints) -> Ints:
    """Draw which visits a running campaign's e-mail brought, and which campaign's; -1 for none."""
    running = chunk.campaigns.running(chunk.plan)[np.minimum(second // DAY, chunk.plan.days)]
    treated = (customer >= 0) & (running >= 0)
    treated[treated] = chunk.campaigns.treated[customer[treated], running[treated]]
    opens = chunk.random.random(len(customer)) < MAILED_SHARE
    return np.where(treated & opens, running, NOBODY)


def looking(chunk: Chunk) -> dict[str, Ints]:
    """Draw the customers' visits that end without an order."""
    plan, people, random, some = chunk.plan, chunk.people, chunk.random, chunk.customers
    first, last = people.first_active()[some], people.last_active(plan)[some]
    rate = chunk.trait("visits_per_year", some)
    customer = np.repeat(some, times_between(plan, rate, first, last, random))
    count, offset = len(customer), customer - chunk.first
    days = days_within(plan, first[offset], last[offset], random)
    kind = random.choice([BOUNCE, BROWSE, CART], count, p=KIND_SHARES)
    return {
        "kind": kind,
        "customer": customer,
        "visitor": browser(chunk, customer),
        "second": seconds_of(days, second_of_day(count, random)),
        "order": np.full(count, NOBODY),
        "logs_in": (kind != BOUNCE) & (random.random(count) < LOGGED_IN_SHARE),
    }


def browser(chunk: Chunk, customer: Ints) -> Ints:
    """Draw which of their devices each visit's customer uses."""
    device = chunk.random.choice([0, 1, 2], len(customer), p=[0.65, 0.25, 0.10])
    return chunk.people.visitor(customer, np.minimum(device, chunk.people.devices[customer] - 1))


def buying(chunk: Chunk, orders: Orders) -> dict[str, Ints]:
    """Return the visit that ends with each web order; a guest does not log in."""
    order = np.flatnonzero(orders.is_web)
    customer = orders.customer[order]
    return {
        "kind": np.full(len(order), PURCHASE),
        "customer": customer,
        "visitor": browser(chunk, customer),
        "second": orders.second[order],
        "order": order,
        "logs_in": ~orders.is_guest[order],
    }


def unknown(chunk: Chunk) -> dict[str, Ints]:
    """Draw the visits of people whom no account is known for; most of them bounce."""
    plan, random, size = chunk.plan, chunk.random, chunk.after - chunk.first
    count = int(random.poisson(size * UNKNOWN_EACH * plan.days / 365))
    people = max(int(size * UNKNOWN_VISITORS_EACH), 1)
    first = np.zeros(count, np.int64)
    days = days_within(plan, first, first + plan.days, random)
    return nobody(
        kind=random.choice([BOUNCE, BROWSE, CART], count, p=[0.55, 0.4, 0.05]),
        visitor=DEVICES * plan.customers + chunk.first + random.integers(people, size=count),
        second=seconds_of(days, second_of_day(count, random)),
    )


def bots(chunk: Chunk) -> dict[str, Ints]:
    """Draw the bots' runs: hundreds of pages, a second or two apart."""
    plan, random = chunk.plan, chunk.random
    runs = max(round(BOT_RUNS * plan.days / 365), 1)
    visitor = np.repeat(bot_visitors(plan, chunk.first, chunk.after), runs)
    days = random.integers(plan.days, size=len(visitor))
    return nobody(
        kind=np.full(len(visitor), BOT),
        visitor=visitor,
        second=seconds_of(days, random.integers(DAY, size=len(visitor))),
    )


def nobody(*, kind: Ints, visitor: Ints, second: Ints) -> dict[str, Ints]:
    """Return visits that nobody known makes."""
    none = np.full(len(kind), NOBODY)
    return {
        "kind": kind,
        "customer": none,
        "visitor": visitor,
        "second": second,
        "order": none,
        "logs_in": np.zeros(len(kind), np.int64),
    }


def bot_visitors(plan: Plan, first: int, after: int) -> Ints:
    """Return the numbers of the bots that belong to the customers from ``first`` to ``after``."""
    bots_from, bots_to = -(-first // BOT_EVERY), -(-after // BOT_EVERY)
    return (DEVICES + 1) * plan.customers + np.arange(bots_from, bots_to)

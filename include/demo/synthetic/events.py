"""Events: what happens during each visit, step by step, and what becomes of it under way.

A visit is a landing, sometimes a category and a search, then products (with a cart: each looked at
and then added), then perhaps the checkout and the order. Planted here: events fired twice, events
delivered days late.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from include.demo.synthetic import catalogue
from include.demo.synthetic.chunk import Chunk
from include.demo.synthetic.orders import Lines, Orders
from include.demo.synthetic.plan import DAY, Flags, Ints, Plan, Random
from include.demo.synthetic.visits import BOT, BOUNCE, BROWSE, CART, NOBODY, PURCHASE, Visits

PAGE, CATEGORY, SEARCH, VIEW, ADD, CHECKOUT, BUY = range(7)
CATEGORY_SHARE, SEARCH_SHARE, CHECKOUT_SHARE = 0.5, 0.35, 0.35
BOT_PAGES = 220  # a run, on average
MOST_BOUGHT_LOOKED_AT = 4
DOUBLE_SHARE, LATE_SHARE = 0.002, 0.005
MOST_DAYS_LATE = 5
Bought = tuple[Orders, Lines]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How long each visit is, by its parts; shape ``(visits,)`` each."""

    has_category: Flags
    has_search: Flags
    items: Ints
    steps_each: Ints  # steps an item: 2 where it is put into the cart, else 1
    has_checkout: Flags
    buys: Flags

    @property
    def head(self) -> Ints:
        """The number of steps before the first product."""
        return 1 + self.has_category.astype(np.int64) + self.has_search

    @property
    def body(self) -> Ints:
        """The number of steps that are about a product."""
        return self.items * self.steps_each

    @property
    def total(self) -> Ints:
        """The number of all steps."""
        return self.head + self.body + self.has_checkout + self.buys


def draw_events(chunk: Chunk, bought: Bought, visits: Visits) -> pl.DataFrame:
    """Return one row an event, as numbers, and when it was known at our door."""
    orders, _ = bought
    shape = draw_shape(visits, bought, chunk.random)
    visit = np.repeat(np.arange(len(visits)), shape.total)
    step = np.arange(len(visit)) - np.repeat(shape.total.cumsum() - shape.total, shape.total)
    kind, topic = what_happens(chunk, visits, shape, (visit, step), bought)
    order = np.full(len(visit), NOBODY)
    order[kind == BUY] = orders.number[visits.order[visit[kind == BUY]]]
    is_purchase, lands = visits.kind[visit] == PURCHASE, step == 0
    knows = (visits.logs_in[visit] == 1) & np.where(is_purchase, kind >= CHECKOUT, ~lands)
    events = pl.DataFrame(
        {
            "second": when(visits, shape, visit, step, chunk.random).astype(np.int32),
            "visitor": visits.visitor[visit],
            "customer": np.where(knows, visits.customer[visit], NOBODY).astype(np.int32),
            "kind": kind.astype(np.int8),
            "topic": topic.astype(np.int32),
            "order": order,
            "device": visits.device[visit].astype(np.int8),
            "origin": np.where(lands, visits.origin[visit], NOBODY).astype(np.int8),
            "campaign": np.where(lands, visits.campaign[visit], NOBODY).astype(np.int16),
            "is_bot": visits.kind[visit] == BOT,
        }
    )
    return on_the_way(chunk.plan, events, chunk.random)


def draw_shape(visits: Visits, bought: Bought, random: Random) -> Shape:
    """Draw the length of each part of each visit."""
    orders, lines = bought
    count, kind = len(visits), visits.kind
    lines_each = np.bincount(lines.order, minlength=max(len(orders), 1))
    items = np.select(
        [kind == BOUNCE, kind == BROWSE, kind == CART, kind == PURCHASE],
        [
            0,
            1 + random.poisson(1.6, count),
            1 + random.poisson(0.7, count),
            np.minimum(lines_each[np.maximum(visits.order, 0)], MOST_BOUGHT_LOOKED_AT),
        ],
        random.poisson(BOT_PAGES, count),
    )
    is_human = (kind != BOUNCE) & (kind != BOT)
    return Shape(
        has_category=is_human & (random.random(count) < CATEGORY_SHARE),
        has_search=is_human & (random.random(count) < SEARCH_SHARE),
        items=items,
        steps_each=np.where((kind == CART) | (kind == PURCHASE), 2, 1),
        has_checkout=(kind == PURCHASE)
        | ((kind == CART) & (random.random(count) < CHECKOUT_SHARE)),
        buys=kind == PURCHASE,
    )


def what_happens(
    chunk: Chunk, visits: Visits, shape: Shape, place: tuple[Ints, Ints], bought: Bought
) -> tuple[Ints, Ints]:
    """Return each step's kind and what it is about: a product, or a department."""
    visit, step = place
    products, first_item = draw_items(chunk, visits, shape, bought)
    into = step - shape.head[visit]
    each = shape.steps_each[visit]
    is_body = (into >= 0) & (into < shape.body[visit])
    item = first_item[visit] + np.where(is_body, into // each, 0)
    product = products[np.minimum(item, max(len(products) - 1, 0))]
    category_at = np.where(shape.has_category, 1, NOBODY)[visit]
    kind = np.select(
        [step == 0, step == category_at, into < 0, is_body & (into % each == 0), is_body],
        [PAGE, CATEGORY, SEARCH, VIEW, ADD],
        np.where(into - shape.body[visit] == 0, CHECKOUT, BUY),
    )
    return kind, np.where(kind == PAGE, NOBODY, product)


def draw_items(chunk: Chunk, visits: Visits, shape: Shape, bought: Bought) -> tuple[Ints, Ints]:
    """Draw the products of every visit, the order's own for a purchase; and where each begins."""
    orders, lines = bought
    first_item = shape.items.cumsum() - shape.items
    visit = np.repeat(np.arange(len(visits)), shape.items)
    customer = np.maximum(visits.customer[visit], 0)
    known = visits.customer[visit] >= 0
    focus = np.where(known, chunk.trait("focus_share", customer), 0)
    products = catalogue.choose(chunk.people.favourite[customer], focus, chunk.random)
    buys = visits.order[visit] >= 0
    if buys.any():
        first_line = np.searchsorted(lines.order, np.arange(len(orders)))
        within = np.arange(len(visit)) - first_item[visit]
        own = first_line[visits.order[visit][buys]] + within[buys]
        products[buys] = lines.product[own]
    return (products if len(products) else np.zeros(1, np.int64)), first_item


def when(visits: Visits, shape: Shape, visit: Ints, step: Ints, random: Random) -> Ints:
    """Return the second of each step; a purchase's last one is when its order was placed."""
    gaps = np.minimum(3 + random.exponential(40.0, len(visit)), 600).astype(np.int64)
    gaps = np.where(visits.kind[visit] == BOT, 1 + (gaps & 1), gaps)
    passed = np.where(step == 0, 0, gaps).cumsum()
    begins = shape.total.cumsum() - shape.total
    passed -= np.repeat(passed[begins], shape.total)
    lasts = passed[begins + shape.total - 1]
    starts = visits.second - np.where(visits.kind == PURCHASE, lasts, 0)
    moments: Ints = np.maximum(starts[visit] + passed, 0)
    return moments


def on_the_way(plan: Plan, events: pl.DataFrame, random: Random) -> pl.DataFrame:
    """Fire some events twice and hold some back for days; none is of the last day's morrow."""
    events = events.filter(pl.col("second") < plan.end)
    twice = pl.Series(random.random(events.height) < DOUBLE_SHARE)
    events = pl.concat(
        [
            events.with_columns(is_double=pl.lit(False)),  # noqa: FBT003 - a column's value
            events.filter(twice).with_columns(is_double=pl.lit(True)),  # noqa: FBT003
        ]
    )
    late = random.random(events.height) < LATE_SHARE
    days = np.where(late, random.integers(1, MOST_DAYS_LATE + 1, events.height), 0)
    return events.with_columns(
        is_late=pl.Series(late), known=pl.col("second") + pl.Series(days.astype(np.int32) * DAY)
    )

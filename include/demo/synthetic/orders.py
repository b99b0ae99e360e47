"""Orders: baskets and their lines, at the till and on the web, and what comes back.

Planted here: guest checkouts, addresses typed in odd case, returns as orders of their own with
negative lines, orders called off.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from include.demo.synthetic import catalogue
from include.demo.synthetic.chunk import Chunk
from include.demo.synthetic.people import days_within, seconds_of, times_between
from include.demo.synthetic.plan import DAY, Flags, Ints, second_of_day

EACH = 1_024  # order numbers a customer has; the upper half is for returns
GUEST_SHARE = 0.04  # of the web orders
ODD_CASE_SHARE = 0.05  # of the addresses typed at checkout
CANCELLED_SHARE, CANCELLED_WITHIN = 0.015, 2 * DAY  # of all orders; seconds
COUPON_SHARE = 0.4  # of the orders a campaign brings
STORES = 40
SATURDAY = 5
SUNDAY_SHARE = 0.45
MANY_SHARE = 0.15  # of the lines are of two units or more


@dataclass(frozen=True, kw_only=True)
class Orders:
    """One chunk's orders, by customer and time: arrays of shape ``(orders,)``."""

    number: Ints
    customer: Ints
    second: Ints
    campaign: Ints  # that brought it; -1 for none
    is_web: Flags
    is_guest: Flags
    is_cancelled: Flags

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.number)


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The orders' lines: the order's place in :class:`Orders`, the product, amounts in cents."""

    order: Ints
    product: Ints
    quantity: Ints
    paid: Ints
    discount: Ints
    coupon: Ints


def draw_orders(chunk: Chunk) -> Orders:
    """Draw the orders of a chunk's customers: their own, and those a campaign brought."""
    plan, people, random, some = chunk.plan, chunk.people, chunk.random, chunk.customers
    first, last = people.first_active()[some], people.last_active(plan)[some]
    rate = np.where(people.never_orders[some], 0, chunk.trait("orders_per_year", some))
    own = np.repeat(some, times_between(plan, rate, first, last, random))
    offset = own - chunk.first
    days = days_within(plan, first[offset], last[offset], random)
    days = towards_weekend(chunk, own, days, last[offset])
    extra = chunk.campaigns.extra.filter(
        pl.col("customer").is_between(chunk.first, chunk.after, closed="left")
    )
    customer = np.concatenate([own, extra["customer"].to_numpy()])
    day = np.concatenate([days, extra["day"].to_numpy()])
    campaign = np.concatenate([np.full(len(own), -1), extra["campaign"].to_numpy()])
    second = seconds_of(day, second_of_day(len(customer), random))
    order = np.lexsort((second, customer))
    return numbered(chunk, customer[order], second[order], campaign[order])


def towards_weekend(chunk: Chunk, customer: Ints, days: Ints, last: Ints) -> Ints:
    """Move some weekday orders to the weekend, where the customer is still there."""
    weekday = ((chunk.plan.start - date.min).days + days) % 7  # day 1 of year 1: a Monday
    saturday = days + SATURDAY - weekday
    chosen = saturday + (chunk.random.random(len(days)) < SUNDAY_SHARE)
    likes_it = chunk.random.random(len(days)) < chunk.trait("weekend_share", customer)
    return np.where((weekday < SATURDAY) & (chosen < last) & likes_it, chosen, days)


def numbered(chunk: Chunk, customer: Ints, second: Ints, campaign: Ints) -> Orders:
    """Number each customer's orders from 0, and draw where and as whom they were placed."""
    rank = rank_within(customer)
    keep = rank < EACH // 2
    customer, second, campaign, rank = (
        values[keep] for values in (customer, second, campaign, rank)
    )
    is_web = chunk.random.random(len(customer)) < chunk.trait("web_share", customer)
    return Orders(
        number=customer * EACH + rank,
        customer=customer,
        second=second,
        campaign=campaign,
        is_web=is_web,
        is_guest=is_web & (chunk.random.random(len(customer)) < GUEST_SHARE),
        is_cancelled=chunk.random.random(len(customer)) < CANCELLED_SHARE,
    )


def rank_within(groups: Ints) -> Ints:
    """Return each row's place, from 0, among the equal neighbours it is sorted with."""
    positions = np.arange(len(groups))
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]]) if len(groups) else positions
    return positions - np.repeat(starts, np.diff(np.r_[starts, len(groups)]))


def draw_lines(chunk: Chunk, orders: Orders, prices: Ints) -> Lines:
    """Draw what was in each basket: at least one product, none twice."""
    random = chunk.random
    wanted = 1 + random.poisson(chunk.trait("lines_per_order", orders.customer) - 1)
    order = np.repeat(np.arange(len(orders)), wanted)
    buyer = orders.customer[order]
    product = catalogue.choose(
        chunk.people.favourite[buyer], chunk.trait("focus_share", buyer), random
    )
    keys = np.sort(order * catalogue.PRODUCTS + product)
    once = keys[np.diff(keys, prepend=-1) != 0]  # np.unique hashes, which takes four times as long
    order, product = np.divmod(once, catalogue.PRODUCTS)
    buyer, count = orders.customer[order], len(order)
    quantity = 1 + (random.random(count) < MANY_SHARE) * random.geometric(0.5, count)
    list_price = quantity * np.maximum(
        prices[product] * chunk.trait("price_factor", buyer), 1
    ).astype(np.int64)
    on_offer = random.random(count) < chunk.trait("discount_share", buyer)
    discount = (list_price * on_offer * random.uniform(0.1, 0.4, count)).astype(np.int64)
    has_coupon = (orders.campaign[order] >= 0) & (random.random(count) < COUPON_SHARE)
    coupon = ((list_price - discount) * has_coupon * 0.2).astype(np.int64)
    return Lines(
        order=order,
        product=product,
        quantity=quantity,
        paid=list_price - discount - coupon,
        discount=discount,
        coupon=coupon,
    )


def line_rows(chunk: Chunk, orders: Orders, lines: Lines) -> pl.DataFrame:
    """Return the rows the shop delivers: what was bought, and some days later what came back."""
    random = chunk.random
    home_store = np.where(
        orders.is_web, 0, 1 + (orders.customer * 7 + orders.campaign + 1) % STORES
    )
    bought = pl.DataFrame(
        {
            "number": orders.number[lines.order],
            "customer": orders.customer[lines.order],
            "is_guest": orders.is_guest[lines.order],
            "store": home_store[lines.order].astype(np.int16),
            "second": orders.second[lines.order],
            "product": lines.product.astype(np.int32),
            "quantity": lines.quantity.astype(np.int32),
            "paid": lines.paid,
            "discount": lines.discount,
            "coupon": lines.coupon,
        }
    )
    share = chunk.trait("return_share", orders.customer[lines.order])
    goes_back = ~orders.is_cancelled[lines.order] & (random.random(bought.height) < share)
    wait = random.integers(2, 21, len(orders)) * DAY + random.integers(3_600, size=len(orders))
    returned = bought.with_columns(second=bought["second"] + pl.Series(wait[lines.order])).filter(
        pl.Series(goes_back) & (pl.col("second") < chunk.plan.end)
    )
    amounts = [-pl.col(name) for name in ("quantity", "paid", "discount", "coupon")]
    return pl.concat([bought, returned.with_columns(pl.col("number") + EACH // 2, *amounts)])


def contacts(chunk: Chunk, orders: Orders) -> pl.DataFrame:
    """Return the address that was typed for each web order, a guest's too."""
    order = np.flatnonzero(orders.is_web)
    return pl.DataFrame(
        {
            "number": orders.number[order],
            "person": chunk.people.person[orders.customer[order]],
            "has_odd_case": chunk.random.random(len(order)) < ODD_CASE_SHARE,
            "second": orders.second[order],
        }
    )


def cancellations(chunk: Chunk, orders: Orders) -> pl.DataFrame:
    """Return the orders that were called off, within two days of being placed."""
    order = np.flatnonzero(orders.is_cancelled)
    wait = chunk.random.integers(60, CANCELLED_WITHIN, len(order))
    called_off = pl.DataFrame(
        {"number": orders.number[order], "second": orders.second[order] + wait}
    )
    return called_off.filter(pl.col("second") < chunk.plan.end)

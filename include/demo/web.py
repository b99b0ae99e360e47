"""The demo company's web events. Every one is made up: the source has no web data.

Who comes is drawn in `visits`, what they do in `steps`, against the source's orders and households;
here it becomes events. The customer is named from a visitor's login on. One row in two thousand is
spoiled on purpose, to show quarantine at work.
"""

import numpy as np
import polars as pl

from include.demo import company
from include.demo.steps import CHECKOUT, LANDING, draw_steps
from include.demo.visits import Random, draw_visits
from include.warehouse import Connection

SEED = 84_51
KNOWN_AT = "_happened_at"  # event_at as it was before a row was spoiled; not delivered
FAULTY_SHARE = 0.0005
COLUMNS = (
    "event_id",
    "visitor_id",
    "customer_id",
    "event_type",
    "event_at",
    "page_path",
    "product_id",
    "order_id",
    "device_type",
    "referrer",
    "utm_source",
    "utm_medium",
    "utm_campaign",
)


def events(connection: Connection) -> pl.DataFrame:
    """Return every web event until the demo's day, oldest first, with ``KNOWN_AT`` to cut by."""
    random = np.random.default_rng(SEED)
    lines = company.order_lines(connection).select(
        "order_id", "product_id", "customer_id", "ordered_at"
    )
    orders = lines.select("order_id", "customer_id", "ordered_at").unique().sort("order_id")
    visits = draw_visits(orders, company.campaign_exposures(connection), random)
    steps = draw_steps(visits, lines, company.products(connection), random)
    timed = with_times(steps, visits, random)
    return spoil(with_customer(timed), random)


def with_times(steps: pl.DataFrame, visits: pl.DataFrame, random: Random) -> pl.DataFrame:
    """Give each step its second; a visit that would not end in time did not happen."""
    every = steps.join(visits, on="visit_key").sort("visit_key", "step")
    gaps = np.minimum(3 + random.exponential(45.0, every.height), 600).astype(np.int64)
    waited = np.where(every["step"] > LANDING, gaps, 0)
    passed = pl.col("waited").cum_sum().over("visit_key")
    timed = every.with_columns(waited=waited).with_columns(
        event_at=pl.col("started_at") + pl.duration(seconds=passed)
    )
    return timed.filter(pl.col("event_at").max().over("visit_key") < pl.col("ends_before"))


def with_customer(events: pl.DataFrame) -> pl.DataFrame:
    """Number the events by time, and name the customer from the visitor's login on."""
    login = pl.col("logs_in") & (
        (pl.col("kind") == "purchase") & (pl.col("step") == CHECKOUT)
        | (pl.col("visit_number") >= pl.col("login_visit")) & (pl.col("step") > LANDING)
    )
    knows = pl.col("event_at") >= pl.col("event_at").filter(login).min().over("visitor_id")
    lands = pl.col("step") == LANDING
    origin = [column for column in COLUMNS if column == "referrer" or column.startswith("utm_")]
    return (
        events.sort("event_at", "visit_key", "step")
        .with_columns(
            pl.when(knows).then("customer_id").alias("customer_id"),
            pl.when(pl.col("event_type") == "purchase").then("order_id").alias("order_id"),
            *(pl.when(lands).then(column).alias(column) for column in origin),
            event_id="e" + pl.int_range(pl.len()).cast(str).str.zfill(7),
        )
        .select(*COLUMNS, pl.col("event_at").alias(KNOWN_AT))
    )


def spoil(events: pl.DataFrame, random: Random) -> pl.DataFrame:
    """Make a few rows as wrong as real trackers do: a misspelt type, no visitor, no time."""
    fault = pl.Series(random.choice(["type", "visitor", "time"], events.height))
    fault = fault.set(pl.Series(random.random(events.height) >= FAULTY_SHARE), None)
    return events.with_columns(
        event_type=pl.when(fault == "type").then(pl.lit("pageview")).otherwise("event_type"),
        visitor_id=pl.when(fault == "visitor").then(None).otherwise("visitor_id"),
        event_at=pl.when(fault == "time").then(None).otherwise("event_at"),
    )

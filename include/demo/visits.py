"""Who visits the demo company's web shop, when, and from where. All of it is made up.

A household's visits follow from its orders alone: some lead to an order and begin on its day,
others come in the days after one. So no visit knows of an order of a later day, and a household
that stops buying stops browsing within weeks. What happens during a visit is in `web`.
"""

from datetime import datetime

import numpy as np
import polars as pl

Random = np.random.Generator

UNTIL = datetime(2018, 1, 2)  # noqa: DTZ001 - deliveries carry no zone; UTC is declared
# Share of each hour (UTC) in an American household's browsing: quiet from 7 to 10, busy from 22.
HOURS = np.array([9, 9, 8, 6, 4, 2, 1, 1, 1, 1, 1, 2, 3, 4, 4, 4, 4, 5, 5, 5, 6, 6, 7, 8]) / 106
WEEKDAYS = np.array([15, 14, 14, 14, 13, 14, 16]) / 100  # Monday first
NEVER_VISIT = 0.2  # of the households
NEVER_LOG_IN = 0.2  # of the visitors; they never buy on the web
PURCHASE_SHARE = 0.62  # of the visits before an order are where it is placed; the rest only look
ANONYMOUS_VISITS = 26_000
ANONYMOUS_VISITORS = 19_000
CAMPAIGN_SHARE = 0.3  # of a household's visits while a campaign it was sent is running
ORIGINS = pl.DataFrame(
    [
        (0.40, None, None, None, None),
        (0.28, "https://www.google.com/", None, None, None),
        (0.06, "https://www.bing.com/", None, None, None),
        (0.07, "https://www.facebook.com/", "facebook", "paid_social", "groceries-always-on"),
        (0.04, "https://www.instagram.com/", "instagram", "paid_social", "groceries-always-on"),
        (0.08, "https://recipes.example.com/", None, None, None),
        (0.07, None, "newsletter", "email", "weekly-newsletter"),
    ],
    schema=["share", "referrer", "utm_source", "utm_medium", "utm_campaign"],
    orient="row",
)


def draw_visits(orders: pl.DataFrame, exposures: pl.DataFrame, random: Random) -> pl.DataFrame:
    """Return one row a visit, in a stable order, from ``orders`` (one row an order, by id)."""
    households = orders.select(pl.col("customer_id").unique().sort())
    orders = orders.join(traits(households, random), on="customer_id", maintain_order="left")
    visits = pl.concat(
        [before_orders(orders, random), after_orders(orders, random), anonymous(random)],
        how="diagonal",
    )
    visits = with_visitor(visits, random).sort("visitor_id", "started_at", "visit_key")
    numbered = visits.with_columns(
        visit_number=pl.int_range(1, pl.len() + 1).over("visitor_id"),
    )
    return with_origin(numbered, exposures, random)


def traits(households: pl.DataFrame, random: Random) -> pl.DataFrame:
    """Draw how digital each household is, and its devices; orders have no say in it."""
    count = households.height
    return households.with_columns(
        propensity=random.beta(1.3, 3.2, count) * (random.random(count) >= NEVER_VISIT),
        devices=random.choice([1, 2, 3], count, p=[0.5, 0.38, 0.12]),
    )


def before_orders(orders: pl.DataFrame, random: Random) -> pl.DataFrame:
    """Draw the visits that lead to an order, half an hour or more before it, on the same day."""
    count = orders.height
    seconds = (1_800 + random.gamma(2.0, 2_400.0, count)).astype(np.int64)
    return (
        orders.with_columns(
            visit_key="b" + pl.col("order_id"),
            kind=np.where(random.random(count) < PURCHASE_SHARE, "purchase", "research"),
            started_at=pl.col("ordered_at") - pl.duration(seconds=pl.lit(pl.Series(seconds))),
            ends_before=pl.col("ordered_at"),
        )
        .filter(pl.Series(random.random(count)) < pl.col("propensity"))
        .filter(pl.col("started_at").dt.date() == pl.col("ordered_at").dt.date())
    )


def after_orders(orders: pl.DataFrame, random: Random) -> pl.DataFrame:
    """Draw the visits that follow an order, from the next day on, half of them within four days."""
    number = random.poisson(2.0 * orders["propensity"].to_numpy())
    followed = orders[np.repeat(np.arange(orders.height), number)]
    count = followed.height
    return followed.with_columns(
        visit_key="a"
        + pl.col("order_id")
        + "-"
        + pl.int_range(pl.len()).over("order_id").cast(str),
        kind=random.choice(["browse", "abandoned", "bounce"], count, p=[0.62, 0.13, 0.25]),
        started_at=pl.col("ordered_at").dt.truncate("1d")
        + pl.duration(days=pl.lit(pl.Series(random.geometric(0.18, count))))
        + time_of_day(count, random),
        ends_before=pl.lit(UNTIL),
    )


def anonymous(random: Random) -> pl.DataFrame:
    """Draw the visits of people whom no household is known for; most of them bounce."""
    weekday = np.arange(365) % 7  # day 0 is a Sunday
    share = WEEKDAYS[(weekday + 6) % 7]
    days = random.choice(365, ANONYMOUS_VISITS, p=share / share.sum())
    return pl.DataFrame(
        {
            "visit_key": np.arange(ANONYMOUS_VISITS),
            "visitor": random.integers(ANONYMOUS_VISITORS, size=ANONYMOUS_VISITS),
            "kind": random.choice(
                ["bounce", "browse", "abandoned"], ANONYMOUS_VISITS, p=[0.55, 0.4, 0.05]
            ),
            "day": days,
        }
    ).select(
        "kind",
        visit_key="n" + pl.col("visit_key").cast(str),
        visitor="anonymous " + pl.col("visitor").cast(str),
        started_at=pl.datetime(2017, 1, 1)
        + pl.duration(days="day")
        + time_of_day(ANONYMOUS_VISITS, random),
        ends_before=pl.lit(UNTIL),
    )


def time_of_day(count: int, random: Random) -> pl.Expr:
    """Draw times of day, to the second, as the hours' shares have it."""
    seconds = random.choice(24, count, p=HOURS) * 3_600 + random.integers(3_600, size=count)
    return pl.duration(seconds=pl.lit(pl.Series(seconds)))


def with_visitor(visits: pl.DataFrame, random: Random) -> pl.DataFrame:
    """Give each visit a device of its household, and with it a visitor id that tells nothing.

    A fifth of the visitors never log in, and so never buy; the others do at one of their visits.
    """
    device = pl.Series(random.choice([0, 1, 2], visits.height, p=[0.65, 0.25, 0.1]))
    own = pl.min_horizontal(device, pl.col("devices") - 1).cast(str)
    visits = visits.with_columns(
        visitor=pl.coalesce("visitor", "household " + pl.col("customer_id") + "/" + own)
    )
    visitors = visits.select(pl.col("visitor").unique().sort())
    count = visitors.height
    visitors = visitors.with_columns(
        visitor_id="v" + pl.Series(random.permutation(count)).cast(str).str.zfill(6),
        device_type=random.choice(["mobile", "desktop", "tablet"], count, p=[0.58, 0.34, 0.08]),
        login_visit=random.geometric(0.45, count),
        logs_in=random.random(count) >= NEVER_LOG_IN,
    )
    buys_in_store = (pl.col("kind") == "purchase") & ~pl.col("logs_in")
    return visits.join(visitors, on="visitor", maintain_order="left").with_columns(
        kind=pl.when(buys_in_store).then(pl.lit("research")).otherwise("kind")
    )


def with_origin(visits: pl.DataFrame, exposures: pl.DataFrame, random: Random) -> pl.DataFrame:
    """Draw where each visit comes from; a running campaign's e-mails bring some of them."""
    running = (
        visits.select("visit_key", "customer_id", day=pl.col("started_at").dt.date())
        .join(exposures, on="customer_id")
        .filter(pl.col("day").is_between("started_date", "ended_date"))
        .sort("started_date", "campaign_id")
        .group_by("visit_key")
        .agg(pl.col("campaign_id").last())
    )
    drawn = ORIGINS[random.choice(ORIGINS.height, visits.height, p=ORIGINS["share"])]
    mailed = pl.col("campaign_id").is_not_null() & (
        pl.Series(random.random(visits.height)) < CAMPAIGN_SHARE
    )
    return (
        visits.hstack(drawn.drop("share"))
        .join(running, on="visit_key", how="left", maintain_order="left")
        .with_columns(
            referrer=pl.when(~mailed).then("referrer"),
            utm_source=pl.when(mailed).then(pl.lit("crm")).otherwise("utm_source"),
            utm_medium=pl.when(mailed).then(pl.lit("email")).otherwise("utm_medium"),
            utm_campaign=pl.when(mailed)
            .then("campaign-" + pl.col("campaign_id"))
            .otherwise("utm_campaign"),
        )
    )

"""Engagement in Polars: what `by_hand_engagement` says in SQL."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from tests.benchmarks.engines.rules import COMPONENTS, SEEDS, ZEROS

MICRO = 1_000_000  # shares, ratios and points have six places


def engagement(
    folder: Path,
    *,
    buyers: pl.LazyFrame,
    guests: pl.LazyFrame,
    orders: pl.LazyFrame,
    sessions: pl.LazyFrame,
    day: date,
) -> pl.LazyFrame:
    """Return what every customer did in the 84 days before, and the score."""
    crm = latest(folder / "customers.parquet").select("customer_id")
    sales = orders.filter(~pl.col("is_return"))
    zeros = [pl.col(column).fill_null(0) for columns in ZEROS.values() for column in columns]
    last_visit = pl.col("days_since_last_session").fill_null(84)
    seen = (
        pl.concat([crm, buyers])
        .unique()
        .join(activity(sales, sessions, day), on="customer_id", how="left")
        .join(campaigns(folder, day), on="customer_id", how="left")
        .join(habits(sales, day), on="customer_id", how="left")
        .join(categories(folder, guests, day), on="customer_id", how="left")
        .with_columns(
            *zeros,
            pl.col("weeks").fill_null(0),
            visit_freshness_84d=pl.max_horizontal(84 - last_visit, 0),
        )
    )
    return seen.with_columns(
        as_of=pl.lit(day),
        active_weeks_84d=pl.col("weeks").bitwise_count_ones().cast(pl.Int32),
        active_weeks_in_a_row=pl.col("weeks").bitwise_trailing_ones().cast(pl.Int32),
        order_trend_84d_ratio=ratio(pl.col("orders_28d") * 3, pl.col("orders_84d")),
        session_trend_84d_ratio=ratio(pl.col("sessions_28d") * 3, pl.col("sessions_84d")),
        engagement_score=score(),
    ).drop("weeks")


def latest(file: Path) -> pl.LazyFrame:
    """Return the rows of the last delivery."""
    rows = pl.scan_parquet(file)
    return rows.filter(pl.col("_delivered_on") == pl.col("_delivered_on").max())


def ratio(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Return a share of six places; null where there is no whole."""
    return pl.when(whole != 0).then(part / whole).cast(pl.Decimal(18, 6))


def score() -> pl.Expr:
    """Add up the points of the seed's components, of a hundred."""
    weights = pl.read_csv(SEEDS / "engagement_weights.csv")
    rules = {name: (weight, full) for name, weight, full, *_ in weights.iter_rows()}
    points = []
    for name in COMPONENTS:
        weight, full = rules[name]
        micros = weight * pl.min_horizontal(name, full) / full * MICRO
        points.append(micros.round(mode="half_away_from_zero").cast(pl.Int64))
    possible = sum(rules[name][0] for name in COMPONENTS)
    found: pl.Expr = 100 * (pl.sum_horizontal(points) / MICRO) / possible
    return found.round(mode="half_away_from_zero").cast(pl.Int32)


def activity(sales: pl.LazyFrame, sessions: pl.LazyFrame, day: date) -> pl.LazyFrame:
    """Count each customer's visits and orders; weeks are bits, the week before the day is bit 0."""
    zero, no = pl.lit(0, pl.Int64), pl.lit(value=False)
    visited = sessions.filter(pl.col("customer_id").is_not_null()).select(
        "customer_id",
        age=age("started_at", day),
        is_visit=pl.lit(value=True),
        pages="page_views",
        views="product_views",
        adds="cart_adds",
        leaves="is_abandoned_cart",
        mailed=pl.col("channel") == "email",
    )
    ordered = sales.filter(pl.col("ordered_at") >= pl.lit(day - timedelta(84))).select(
        "customer_id",
        age=age("ordered_at", day),
        is_visit=no,
        pages=zero,
        views=zero,
        adds=zero,
        leaves=no,
        mailed=no,
    )
    is_visit, month, quarter = pl.col("is_visit"), pl.col("age") <= 28, pl.col("age") <= 84
    counts = {
        "sessions_28d": is_visit & month,
        "sessions_84d": is_visit & quarter,
        "abandoned_carts_28d": pl.col("leaves") & month,
        "email_sessions_84d": pl.col("mailed") & quarter,
        "orders_28d": ~is_visit & month,
        "orders_84d": ~is_visit & quarter,
    }
    week = pl.lit(1, pl.Int64) * 2 ** ((pl.col("age") - 1) // 7).clip(upper_bound=12)
    return (
        pl.concat([visited, ordered])
        .group_by("customer_id")
        .agg(
            *(happened.sum().cast(pl.Int64).alias(name) for name, happened in counts.items()),
            page_views_28d=pl.col("pages").filter(month).sum(),
            product_views_28d=pl.col("views").filter(month).sum(),
            cart_adds_28d=pl.col("adds").filter(month).sum(),
            days_since_last_session=pl.col("age").filter(is_visit).min(),
            weeks=week.filter(quarter).cast(pl.Int64).bitwise_or(),
        )
    )


def age(column: str, day: date) -> pl.Expr:
    """Return how many days before the day something was."""
    return (pl.lit(day) - pl.col(column).dt.date()).dt.total_days()


def campaigns(folder: Path, day: date) -> pl.LazyFrame:
    """Count campaigns that ran, coupons redeemed, and campaigns answered by a coupon."""
    since, keys = pl.lit(day - timedelta(84)), ["customer_id", "campaign_id"]
    sent = pl.scan_parquet(folder / "exposures.parquet")
    sent = sent.filter((pl.col("ended_date") >= since) | pl.col("ended_date").is_null())
    everyone = pl.scan_parquet(folder / "exposures.parquet").select("customer_id").unique()
    redeemed = pl.scan_parquet(folder / "redemptions.parquet")
    redeemed = redeemed.filter(pl.col("redeemed_date") >= since)
    did = redeemed.select(keys).unique().with_columns(did=pl.lit(1))
    ran, done = pl.col("ran"), pl.col("campaigns_answered_84d")
    answered = (
        sent.select(keys)
        .unique()
        .join(did, on=keys, how="left")
        .group_by("customer_id")
        .agg(ran=pl.len().cast(pl.Int64), campaigns_answered_84d=pl.col("did").sum().cast(pl.Int64))
        .with_columns(campaign_response_share=ratio(done, ran))
        .drop("ran")
    )
    per_customer = [
        frame.group_by("customer_id").agg(pl.len().cast(pl.Int64).alias(name))
        for frame, name in ((sent, "campaigns_84d"), (redeemed, "coupons_redeemed_84d"))
    ]
    counted = pl.concat([everyone, redeemed.select("customer_id").unique()]).unique()
    for frame in (*per_customer, answered):
        counted = counted.join(frame, on="customer_id", how="left")
    return counted


def habits(sales: pl.LazyFrame, day: date) -> pl.LazyFrame:
    """Return the weekday and the part of the day on which each customer orders most."""
    at, days = pl.col("ordered_at"), age("ordered_at", day)
    parts = ("morning", "afternoon", "evening", "night")  # of equals the first one named
    hours = {"night": (0, 5), "morning": (6, 11), "afternoon": (12, 17), "evening": (18, 23)}
    counted = (
        sales.filter(at >= pl.lit(day - timedelta(365)))
        .group_by("customer_id")
        .agg(
            *((at.dt.weekday() == number).sum().alias(f"d{number}") for number in range(1, 8)),
            *(at.dt.hour().is_between(*hours[part]).sum().alias(part) for part in parts),
            orders_28d_last_year=days.is_between(337, 364).sum().cast(pl.Int64),
        )
    )
    weekdays = pl.concat_list(f"d{number}" for number in range(1, 8))
    most = pl.concat_list(parts).list.arg_max()
    return counted.select(
        "customer_id",
        "orders_28d_last_year",
        favourite_weekday=weekdays.list.arg_max().cast(pl.Int32) + 1,
        favourite_daypart=most.replace_strict(dict(enumerate(parts)), return_dtype=pl.String),
    )


def categories(folder: Path, guests: pl.LazyFrame, day: date) -> pl.LazyFrame:
    """Count the categories that each customer bought from, guest or not."""
    products = latest(folder / "products.parquet").select("product_id", "product_category")
    return (
        pl.scan_parquet(folder / "lines.parquet")
        .filter((pl.col("quantity") > 0) & (pl.col("ordered_at") >= pl.lit(day - timedelta(84))))
        .join(guests, on="order_id", how="left")
        .select("product_id", customer_id=pl.coalesce("customer_id", "guest_id"))
        .filter(pl.col("customer_id").is_not_null())
        .join(products, on="product_id")
        .select("customer_id", "product_category")
        .unique()
        .group_by("customer_id")
        .agg(distinct_categories_84d=pl.col("product_category").count().cast(pl.Int64))
    )

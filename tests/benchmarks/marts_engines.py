"""The heart of the marts' work in Polars and pandas, on Parquet copies of the raw tables.

Visits (gap, bots, origin, counts), RFM with scores, and what each customer did in 28 and 84 days.
Who a visitor is comes from logins alone and channels are left out: less than dbt does, to the
others' advantage. Each function takes the Parquet folder, the day and a share of the orders and
visitors (by hash, whole ones), and returns counts and sums to be compared. Spark is `marts_spark`.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

GAP, BOT_EVENTS, BOT_PACE = 1_800, 60, 3
KINDS = ("page_view", "product_view", "search", "add_to_cart", "checkout", "purchase")
ORIGIN = ("page_path", "device_type", "referrer", "utm_source", "utm_medium", "utm_campaign")
Counts = dict[str, float]


def by_polars(folder: Path, day: date, _part: float) -> Counts:
    """Do it in Polars' streaming engine."""
    orders = polars_orders(folder)
    rfm = polars_rfm(orders, day).collect(engine="streaming")
    visits = polars_visits(folder).collect(engine="streaming")
    activity = polars_activity(visits.lazy(), orders, day).collect(engine="streaming")
    return {
        "rfm": rfm.height,
        "spent": float(rfm["monetary_amount"].sum() or 0),
        "visits": visits.height,
        "active": activity.height,
    }


def polars_orders(folder: Path) -> pl.LazyFrame:
    """Add lines up to orders that were not called off."""
    back = (pl.col("quantity") < 0) | (pl.col("sales_amount") < 0)
    return (
        pl.scan_parquet(folder / "lines.parquet")
        .group_by("order_id")
        .agg(
            pl.col("customer_id").min(),
            pl.col("ordered_at").min(),
            is_return=back.all(),
            amount=pl.col("sales_amount").sum(),
        )
        .join(pl.scan_parquet(folder / "cancellations.parquet"), on="order_id", how="anti")
    )


def polars_rfm(orders: pl.LazyFrame, day: date) -> pl.LazyFrame:
    """Score recency, frequency and monetary value by fifths, ties by key."""
    measured = (
        orders.filter(pl.col("customer_id").is_not_null())
        .group_by("customer_id")
        .agg(
            last=pl.col("ordered_at").filter(~pl.col("is_return")).max().dt.date(),
            frequency_orders=(~pl.col("is_return")).sum(),
            monetary_amount=pl.col("amount").sum(),
        )
        .filter(pl.col("frequency_orders") > 0)
        .with_columns(recency_days=(pl.lit(day) - pl.col("last")).dt.total_days())
    )
    for score, measure, falls in (
        ("recency_score", "recency_days", True),
        ("frequency_score", "frequency_orders", False),
        ("monetary_score", "monetary_amount", False),
    ):
        measured = measured.sort([measure, "customer_id"], descending=[falls, False]).with_columns(
            (pl.int_range(pl.len()) * 5 // pl.len() + 1).alias(score)
        )
    return measured


def polars_visits(folder: Path) -> pl.LazyFrame:
    """Cut events into visits: one sort by visitor and second, then shifts."""
    same = pl.col("visitor_id") == pl.col("visitor_id").shift(1)
    events = (
        pl.scan_parquet(folder / "events.parquet")
        .with_columns(second=pl.col("event_at").dt.epoch("s"))
        .sort("visitor_id", "second")
        .with_columns(
            starts=~(same & (pl.col("second") - pl.col("second").shift(1) <= GAP)).fill_null(
                value=False
            )
        )
        .with_columns(visit=pl.col("starts").cum_sum())
    )
    return (
        events.group_by("visit")
        .agg(
            pl.col("visitor_id").first(),
            *(pl.col(column).first() for column in ORIGIN),
            *((pl.col("event_type") == kind).sum().alias(kind) for kind in KINDS),
            pl.col("customer_id").drop_nulls().first(),
            exit_page=pl.col("page_path").last(),
            started=pl.col("second").min(),
            ended=pl.col("second").max(),
            events=pl.len(),
        )
        .filter(
            (pl.col("events") < BOT_EVENTS)
            | (pl.col("ended") - pl.col("started") >= BOT_PACE * pl.col("events"))
        )
    )


def polars_activity(visits: pl.LazyFrame, orders: pl.LazyFrame, day: date) -> pl.LazyFrame:
    """Count each customer's visits and orders of 28 and 84 days."""
    midnight = int((day - date(1970, 1, 1)).total_seconds())
    counted = [
        visits.select("customer_id", second="started", views="product_view", kind=pl.lit(0)),
        orders.filter(~pl.col("is_return")).select(
            "customer_id",
            second=pl.col("ordered_at").dt.epoch("s"),
            views=pl.lit(0, pl.UInt32),
            kind=pl.lit(1),
        ),
    ]
    recent = [midnight - days * 86_400 for days in (28, 84)]
    return (
        pl.concat([part.cast({"views": pl.Int64, "second": pl.Int64}) for part in counted])
        .filter(pl.col("customer_id").is_not_null() & (pl.col("second") >= recent[1]))
        .group_by("customer_id")
        .agg(
            *(
                ((pl.col("kind") == kind) & (pl.col("second") >= since))
                .sum()
                .alias(f"{kind}_{since}")
                for kind in (0, 1)
                for since in recent
            ),
            views=pl.col("views").sum(),
        )
    )


def by_pandas(folder: Path, day: date, part: float) -> Counts:
    """Do it in pandas, in memory."""
    import pandas as pd  # noqa: PLC0415 - a second to import, which only this function pays

    lines = some(pd.read_parquet(folder / "lines.parquet"), "order_id", part)
    cancelled = pd.read_parquet(folder / "cancellations.parquet")["order_id"]
    lines["is_back"] = (lines["quantity"] < 0) | (lines["sales_amount"] < 0)
    lines["sales_amount"] = lines["sales_amount"].astype("float64")  # its decimals are objects
    orders = lines.groupby("order_id").agg(
        customer_id=("customer_id", "min"),
        ordered_at=("ordered_at", "min"),
        is_return=("is_back", "all"),
        amount=("sales_amount", "sum"),
    )
    orders = orders[~orders.index.isin(cancelled)].dropna(subset=["customer_id"])
    sales = orders[~orders["is_return"]].groupby("customer_id")["ordered_at"].agg(["max", "count"])
    rfm = sales.join(orders.groupby("customer_id")["amount"].sum()).reset_index()
    rfm["recency"] = (pd.Timestamp(day) - rfm["max"].dt.normalize()).dt.days
    for measure, rises in (("recency", False), ("count", True), ("amount", True)):
        rfm = rfm.sort_values([measure, "customer_id"], ascending=[rises, True])
        rfm[f"{measure}_score"] = pd.RangeIndex(len(rfm)) * 5 // max(len(rfm), 1) + 1
    visits = pandas_visits(some(pd.read_parquet(folder / "events.parquet"), "visitor_id", part))
    since = pd.Timestamp(day - timedelta(days=84))
    came = visits.loc[visits["started"] >= since.timestamp(), ["customer_id", "product_view"]]
    bought = orders.loc[~orders["is_return"] & (orders["ordered_at"] >= since), ["customer_id"]]
    done = pd.concat([came, bought.assign(product_view=0)])
    recent = done.groupby("customer_id")["product_view"].agg(["size", "sum"])
    return {
        "rfm": len(rfm),
        "spent": float(rfm["amount"].sum()),
        "visits": len(visits),
        "active": len(recent),
    }


def some(frame: Any, key: str, part: float) -> Any:
    """Return the share of a pandas frame that some of the keys have, whole keys only."""
    if part >= 1:
        return frame
    from pandas.util import hash_array  # noqa: PLC0415 - as pandas itself

    return frame[hash_array(frame[key].to_numpy(dtype=object)) % 10_000 < part * 10_000].copy()


def pandas_visits(events: Any) -> Any:
    """Cut events into visits: one sort, then shifts."""
    events["second"] = events["event_at"].astype("datetime64[s]").astype("int64")
    events = events.sort_values(["visitor_id", "second"], kind="stable")
    same = events["visitor_id"].eq(events["visitor_id"].shift())
    events["visit"] = (~(same & (events["second"].diff() <= GAP))).cumsum()
    for kind in KINDS:
        events[kind] = events["event_type"].eq(kind)
    visits = events.groupby("visit").agg(
        visitor_id=("visitor_id", "first"),
        customer_id=("customer_id", "first"),
        started=("second", "min"),
        ended=("second", "max"),
        events=("second", "size"),
        exit_page=("page_path", "last"),
        **{column: (column, "first") for column in ORIGIN},
        **{kind: (kind, "sum") for kind in KINDS},
    )
    is_slow = visits["ended"] - visits["started"] >= BOT_PACE * visits["events"]
    return visits[(visits["events"] < BOT_EVENTS) | is_slow]

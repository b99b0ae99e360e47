"""The script by hand's work in Polars, lazily and streaming: RFM here, the rest beside it.

Reads the Parquet copies of `exported`, writes the same tables as Parquet into a folder.
"""

from datetime import date
from pathlib import Path

import polars as pl

from tests.benchmarks.engines import polars_engagement, polars_identity, polars_visits
from tests.benchmarks.engines.rules import SEEDS


def run(folder: Path, out: Path, day: date) -> None:
    """Write ``rfm``, ``sessions`` and ``engagement`` as of ``day``."""
    summed = orders_summed(folder).collect(engine="streaming")
    people = polars_identity.identify(folder, summed)
    orders = (
        summed.lazy()
        .join(pl.scan_parquet(folder / "cancellations.parquet"), on="order_id", how="anti")
        .join(people.guests.lazy(), on="order_id", how="left")
        .select(
            "is_return",
            "amount",
            "ordered_at",
            customer_id=pl.coalesce("guest_id", "customer_id"),
        )
        .filter(pl.col("customer_id").is_not_null())
        .collect(engine="streaming")
    )
    is_buyer = pl.col("customer_id").is_not_null()
    buyers = summed.lazy().filter(is_buyer).select("customer_id").unique()
    buyers = pl.concat([buyers, people.guests.lazy().select(customer_id="guest_id")])
    del summed
    rfm(orders.lazy(), day).sink_parquet(out / "rfm.parquet")
    polars_visits.sessions(folder, people.owners).sink_parquet(out / "sessions.parquet")
    polars_engagement.engagement(
        folder,
        buyers=buyers,
        guests=people.guests.lazy(),
        orders=orders.lazy(),
        sessions=pl.scan_parquet(out / "sessions.parquet"),
        day=day,
    ).sink_parquet(out / "engagement.parquet")


def orders_summed(folder: Path) -> pl.LazyFrame:
    """Add lines up to orders, called off or not."""
    return (
        pl.scan_parquet(folder / "lines.parquet")
        .group_by("order_id")
        .agg(
            pl.col("customer_id").min(),
            pl.col("ordered_at").min(),
            is_return=((pl.col("quantity") < 0) | (pl.col("sales_amount") < 0)).all(),
            is_guests=pl.col("customer_id").is_null().any(),
            amount=pl.col("sales_amount").sum(),
        )
    )


def rfm(orders: pl.LazyFrame, day: date) -> pl.LazyFrame:
    """Score recency, frequency and monetary value by fifths, ties by key."""
    is_sale = ~pl.col("is_return")
    sold = pl.col("ordered_at").filter(is_sale)
    scored = (
        orders.group_by("customer_id")
        .agg(
            first_order_date=sold.min().dt.date(),
            last_order_date=sold.max().dt.date(),
            frequency_orders=is_sale.sum().cast(pl.Int64),
            monetary_amount=pl.col("amount").sum().cast(pl.Decimal(18, 2)),
        )
        .filter(pl.col("frequency_orders") > 0)
        .with_columns(recency_days=(pl.lit(day) - pl.col("last_order_date")).dt.total_days())
    )
    for score, measure, falls in (
        ("recency_score", "recency_days", True),
        ("frequency_score", "frequency_orders", False),
        ("monetary_score", "monetary_amount", False),
    ):
        scored = scored.sort([measure, "customer_id"], descending=[falls, False]).with_columns(
            fifth().alias(score)
        )
    r, f, m = (pl.col(f"{measure}_score") for measure in ("recency", "frequency", "monetary"))
    first, last = pl.col("first_order_date"), pl.col("last_order_date")
    return (
        scored.with_columns(value_score=(f + m + 1) // 2, rfm_cell=pl.format("{}{}{}", r, f, m))
        .join(segments(), on=["recency_score", "value_score"], how="left")
        .with_columns(
            as_of=pl.lit(day),
            clv_recency_days=(last - first).dt.total_days(),
            clv_age_days=(pl.lit(day) - first).dt.total_days(),
            clv_repeat_orders=pl.col("frequency_orders") - 1,
        )
    )


def fifth() -> pl.Expr:
    """Return SQL's ``ntile(5)`` of the rows as they lie: the first parts get what is left over."""
    row, size, more = pl.int_range(pl.len()), pl.len().cast(pl.Int64) // 5, pl.len() % 5
    longer = more.cast(pl.Int64) * (size + 1)
    rest = more + (row - longer) // pl.max_horizontal(size, 1)
    return pl.when(row < longer).then(row // (size + 1)).otherwise(rest).cast(pl.Int64) + 1


def segments() -> pl.LazyFrame:
    """Return the named segment of each pair of scores."""
    spans = [
        pl.int_ranges(f"{score}_from", pl.col(f"{score}_to") + 1).alias(score)
        for score in ("recency_score", "value_score")
    ]
    rules = pl.scan_csv(SEEDS / "rfm_segments.csv").select("rfm_segment", *spans)
    return rules.explode("recency_score").explode("value_score")

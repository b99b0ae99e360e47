"""The script by hand's work in pandas, in memory: RFM here, the rest beside it.

Reads the Parquet copies of `exported`, writes the same tables as Parquet into a folder.
"""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from tests.benchmarks.engines import pandas_engagement, pandas_identity, pandas_visits
from tests.benchmarks.engines.rules import SEEDS


def run(folder: Path, out: Path, day: date) -> None:
    """Write ``rfm``, ``sessions`` and ``engagement`` as of ``day``."""
    columns = ["order_id", "product_id", "customer_id", "ordered_at", "quantity", "sales_amount"]
    lines = pd.read_parquet(folder / "lines.parquet", columns=columns)
    summed = orders_summed(lines)
    owners, guests = pandas_identity.identify(folder, summed)
    cancelled = pd.read_parquet(folder / "cancellations.parquet", columns=["order_id"])
    orders = summed[~summed.index.isin(cancelled["order_id"])]
    named = guests.reindex(orders.index).fillna(orders["customer_id"])
    orders = orders.assign(customer_id=named).dropna(subset=["customer_id"])
    rfm(orders, day).to_parquet(out / "rfm.parquet")
    buyers = pd.concat([summed["customer_id"].dropna(), guests]).drop_duplicates()
    sessions = pandas_visits.sessions(folder, owners)
    sessions.to_parquet(out / "sessions.parquet")
    pandas_engagement.engagement(
        folder,
        lines=lines,
        buyers=buyers,
        guests=guests,
        orders=orders,
        sessions=sessions,
        day=pd.Timestamp(day),
    ).to_parquet(out / "engagement.parquet")


def orders_summed(lines: pd.DataFrame) -> pd.DataFrame:
    """Add lines up to orders by their ids, called off or not; amounts in cents."""
    lines["cents"] = (lines.pop("sales_amount").astype("float64") * 100).round().astype("int64")
    counted = lines.assign(
        is_return=(lines["quantity"] < 0) | (lines["cents"] < 0),
        is_guests=lines["customer_id"].isna(),
    )
    return counted.groupby("order_id").agg(
        customer_id=("customer_id", "min"),
        ordered_at=("ordered_at", "min"),
        is_return=("is_return", "all"),
        is_guests=("is_guests", "any"),
        cents=("cents", "sum"),
    )


def rfm(orders: pd.DataFrame, day: date) -> pd.DataFrame:
    """Score recency, frequency and monetary value by fifths, ties by key."""
    sales = orders[~orders["is_return"]].groupby("customer_id")["ordered_at"]
    scored = sales.agg(["min", "max", "count"]).reset_index()
    spent = orders.groupby("customer_id")["cents"].sum()
    scored["cents"] = spent.reindex(scored["customer_id"]).to_numpy()
    first, last = (scored[column].dt.normalize() for column in ("min", "max"))
    recency = (pd.Timestamp(day) - last).dt.days
    scored["recency"] = recency
    for score, measure, rises in (
        ("recency_score", "recency", False),
        ("frequency_score", "count", True),
        ("monetary_score", "cents", True),
    ):
        order = scored.sort_values([measure, "customer_id"], ascending=[rises, True]).index
        scored.loc[order, score] = fifths(len(order))
    r, f, m = (scored[f"{of}_score"].astype("int64") for of in ("recency", "frequency", "monetary"))
    value = (f + m + 1) // 2
    return pd.DataFrame(
        {
            "as_of": day,
            "customer_id": scored["customer_id"],
            "recency_days": recency,
            "frequency_orders": scored["count"],
            "monetary_amount": decimals(scored["cents"] / 100, 2),
            "recency_score": r,
            "frequency_score": f,
            "monetary_score": m,
            "value_score": value,
            "rfm_cell": r.astype(str) + f.astype(str) + m.astype(str),
            "rfm_segment": segments().reindex(pd.MultiIndex.from_arrays([r, value])).to_numpy(),
            "first_order_date": first.dt.date,
            "last_order_date": last.dt.date,
            "clv_recency_days": (last - first).dt.days,
            "clv_age_days": (pd.Timestamp(day) - first).dt.days,
            "clv_repeat_orders": scored["count"] - 1,
        }
    )


def fifths(rows: int) -> Any:
    """Return SQL's ``ntile(5)`` of sorted rows: the first parts get what is left over."""
    sizes = rows // 5 + (np.arange(5) < rows % 5)
    return np.repeat(np.arange(1, 6), sizes)


def decimals(numbers: Any, places: int) -> Any:
    """Return numbers as decimals of so many places."""
    return pd.Series(numbers).astype(pd.ArrowDtype(pa.decimal128(18, places)))


def segments() -> Any:
    """Return the named segment of each pair of scores."""
    rules = pd.read_csv(SEEDS / "rfm_segments.csv")
    pairs = rules.merge(pd.DataFrame({"r": range(1, 6)}), how="cross")
    pairs = pairs.merge(pd.DataFrame({"v": range(1, 6)}), how="cross")
    fits = pairs["r"].between(pairs["recency_score_from"], pairs["recency_score_to"])
    fits &= pairs["v"].between(pairs["value_score_from"], pairs["value_score_to"])
    return pairs[fits].set_index(["r", "v"])["rfm_segment"]

"""Engagement in pandas: what `by_hand_engagement` says in SQL."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from tests.benchmarks.engines.rules import COMPONENTS, SEEDS, ZEROS

KEYS = ["customer_id", "campaign_id"]
QUARTER, YEAR = pd.Timedelta(days=84), pd.Timedelta(days=365)
PARTS = {"morning": (6, 11), "afternoon": (12, 17), "evening": (18, 23), "night": (0, 5)}


def engagement(
    folder: Path,
    *,
    lines: pd.DataFrame,
    buyers: Any,
    guests: Any,
    orders: pd.DataFrame,
    sessions: pd.DataFrame,
    day: pd.Timestamp,
) -> pd.DataFrame:
    """Return what every customer did in the 84 days before, and the score."""
    crm = latest(folder / "customers.parquet")["customer_id"]
    sales = orders[~orders["is_return"]]
    customers = pd.Index(pd.concat([crm, buyers]).unique(), name="customer_id")
    seen = pd.DataFrame(index=customers).join(
        [
            activity(sales, sessions, day),
            *campaigns(folder, day),
            habits(sales, day),
            categories(folder, lines, guests, day),
        ]
    )
    zeros = [*(column for columns in ZEROS.values() for column in columns), "weeks"]
    seen[zeros] = seen[zeros].fillna(0).astype("int64")
    last_visit = seen["days_since_last_session"]
    seen["days_since_last_session"] = last_visit.astype("Int64")
    seen["favourite_weekday"] = seen["favourite_weekday"].astype("Int64")
    seen["visit_freshness_84d"] = (84 - last_visit.fillna(84)).clip(lower=0).astype("int64")
    weeks = seen.pop("weeks")
    seen["active_weeks_84d"] = np.bitwise_count(weeks)
    seen["active_weeks_in_a_row"] = np.bitwise_count(weeks & ~(weeks + 1))
    seen["order_trend_84d_ratio"] = ratio(seen["orders_28d"] * 3, seen["orders_84d"])
    seen["session_trend_84d_ratio"] = ratio(seen["sessions_28d"] * 3, seen["sessions_84d"])
    share = ratio(seen["campaigns_answered_84d"], seen.pop("ran"))
    seen["campaign_response_share"] = share
    seen["engagement_score"] = score(seen)
    return seen.reset_index().assign(as_of=day.date())


def latest(file: Path) -> Any:
    """Return the rows of the last delivery."""
    rows = pd.read_parquet(file)
    return rows[rows["_delivered_on"] == rows["_delivered_on"].max()]


def ratio(part: Any, whole: Any) -> Any:
    """Return a share of six places; null where there is no whole."""
    share = (part / whole.where(whole > 0)).round(6)
    return share.astype(pd.ArrowDtype(pa.decimal128(18, 6)))


def score(seen: pd.DataFrame) -> Any:
    """Add up the points of the seed's components, of a hundred."""
    rules = pd.read_csv(SEEDS / "engagement_weights.csv").set_index("component")
    weight, full = rules["weight"], rules["full_at"]
    micros = [
        np.floor(weight[of] * seen[of].clip(upper=full[of]) / full[of] * 1_000_000 + 0.5)
        for of in COMPONENTS
    ]
    found = 100 * (sum(micros) / 1_000_000) / weight[list(COMPONENTS)].sum()
    return np.floor(found + 0.5).astype("int64")


def activity(sales: pd.DataFrame, sessions: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Count each customer's visits and orders; weeks are bits, the week before the day is bit 0."""
    visits = sessions.dropna(subset=["customer_id"])
    visits = visits.assign(age=age(visits["started_at"], day), mailed=visits["channel"] == "email")
    recent = sales[sales["ordered_at"] >= day - QUARTER]
    recent = recent.assign(age=age(recent["ordered_at"], day))
    done = [rows[["customer_id", "age"]] for rows in (visits, recent)]
    quarter = pd.concat(done).query("age <= 84")
    weeks = quarter.assign(week=(quarter["age"] - 1) // 7).drop(columns="age").drop_duplicates()
    bits = 2 ** weeks["week"]
    month_visits, quarter_visits = visits[visits["age"] <= 28], visits[visits["age"] <= 84]
    monthly = month_visits.groupby("customer_id").agg(
        sessions_28d=("age", "size"),
        page_views_28d=("page_views", "sum"),
        product_views_28d=("product_views", "sum"),
        cart_adds_28d=("cart_adds", "sum"),
        abandoned_carts_28d=("is_abandoned_cart", "sum"),
    )
    quarterly = quarter_visits.groupby("customer_id").agg(
        sessions_84d=("age", "size"), email_sessions_84d=("mailed", "sum")
    )
    return monthly.join(
        [
            quarterly,
            visits.groupby("customer_id")["age"].min().rename("days_since_last_session"),
            recent[recent["age"] <= 28].groupby("customer_id").size().rename("orders_28d"),
            recent.groupby("customer_id").size().rename("orders_84d"),
            bits.groupby(weeks["customer_id"]).sum().rename("weeks"),
        ],
        how="outer",
    )


def age(at: Any, day: pd.Timestamp) -> Any:
    """Return how many days before the day something was."""
    return (day - at.dt.normalize()).dt.days


def campaigns(folder: Path, day: pd.Timestamp) -> list[Any]:
    """Count campaigns that ran, coupons redeemed, and campaigns answered by a coupon."""
    sent = pd.read_parquet(folder / "exposures.parquet", columns=[*KEYS, "ended_date"])
    ended = pd.to_datetime(sent["ended_date"])
    sent = sent.loc[(ended >= day - QUARTER) | ended.isna(), KEYS]
    redeemed = pd.read_parquet(folder / "redemptions.parquet", columns=[*KEYS, "redeemed_date"])
    redeemed = redeemed.loc[pd.to_datetime(redeemed["redeemed_date"]) >= day - QUARTER, KEYS]
    ran = sent.drop_duplicates()
    answered = ran.merge(redeemed.drop_duplicates(), on=KEYS)
    return [
        rows.groupby("customer_id").size().rename(name)
        for rows, name in (
            (sent, "campaigns_84d"),
            (redeemed, "coupons_redeemed_84d"),
            (ran, "ran"),
            (answered, "campaigns_answered_84d"),
        )
    ]


def habits(sales: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the weekday and the part of the day on which each customer orders most."""
    year = sales[sales["ordered_at"] >= day - YEAR]
    at = year["ordered_at"]
    counted = pd.DataFrame({"customer_id": year["customer_id"]})
    for number in range(1, 8):
        counted[number] = at.dt.dayofweek == number - 1
    for part, (since, until) in PARTS.items():
        counted[part] = at.dt.hour.between(since, until)
    counted["orders_28d_last_year"] = age(at, day).between(337, 364)
    sums = counted.groupby("customer_id").sum()
    return pd.DataFrame(
        {
            "orders_28d_last_year": sums["orders_28d_last_year"],
            "favourite_weekday": sums[list(range(1, 8))].to_numpy().argmax(axis=1) + 1,
            "favourite_daypart": np.array(list(PARTS))[sums[list(PARTS)].to_numpy().argmax(axis=1)],
        }
    )


def categories(folder: Path, lines: pd.DataFrame, guests: Any, day: pd.Timestamp) -> Any:
    """Count the categories that each customer bought from, guest or not."""
    recent = lines[(lines["quantity"] > 0) & (lines["ordered_at"] >= day - QUARTER)]
    whose = recent["customer_id"].fillna(recent["order_id"].map(guests))
    products = latest(folder / "products.parquet").set_index("product_id")["product_category"]
    pairs = pd.DataFrame(
        {"customer_id": whose, "category": recent["product_id"].map(products)}
    ).dropna()
    counted = pairs.drop_duplicates().groupby("customer_id").size()
    return counted.rename("distinct_categories_84d")

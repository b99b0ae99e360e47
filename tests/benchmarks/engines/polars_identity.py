"""Who a visitor and a guest is, in Polars: what `by_hand_identity` says in SQL."""

from pathlib import Path
from typing import NamedTuple

import polars as pl

from tests.benchmarks.engines.rules import MOST_LINKS

VISITOR, EMAIL = "visitor_id", "email"


class People(NamedTuple):
    """Each visitor's customer, and each guest order's (``guest_id``)."""

    owners: pl.DataFrame
    guests: pl.DataFrame


def identify(folder: Path, summed: pl.DataFrame) -> People:
    """Find out whose the visitors and the guests' orders are."""
    evidence = visitors_evidence(folder)
    buyers = summed.select("order_id", "customer_id").drop_nulls()
    contacts = pl.read_parquet(folder / "contacts.parquet").with_columns(normal(EMAIL))
    sure = pl.concat(
        [
            evidence.select(VISITOR, "customer_id").drop_nulls(),
            evidence.select(VISITOR, "order_id").join(buyers, on="order_id").drop("order_id"),
        ]
    ).unique()
    sure = not_refuted(sure, folder, "visitor", VISITOR)
    told = evidence.join(contacts, on="order_id").select(VISITOR, EMAIL).unique()
    told = told.filter(pl.len().over(VISITOR) <= MOST_LINKS, pl.len().over(EMAIL) <= MOST_LINKS)
    crm = pl.scan_parquet(folder / "customers.parquet").select(normal(EMAIL), "customer_id")
    ordered = contacts.join(buyers, on="order_id").select(EMAIL, "customer_id")
    addresses = pl.concat([crm.unique().collect(engine="streaming"), ordered]).unique()
    addresses = not_refuted(addresses, folder, "email", EMAIL)

    strangers = evidence.join(sure, on=VISITOR, how="anti").select(VISITOR).unique()
    led = lead(strangers.select(VISITOR, origin=VISITOR), told, sure, addresses)
    led = not_refuted(led.rename({"origin": VISITOR}), folder, "visitor", VISITOR)
    owners = the_only(pl.concat([sure, led.select(sure.columns)]), VISITOR)

    guests = summed.filter("is_guests").select("order_id")
    asked = contacts.join(guests, on="order_id", how="semi").select("order_id", EMAIL)
    nobodys = asked.join(addresses, on=EMAIL, how="anti").select(EMAIL).unique()
    began = nobodys.join(told, on=EMAIL).select(VISITOR, origin=EMAIL)
    led = lead(began, told, sure, addresses).rename({"origin": EMAIL})
    led = not_refuted(led, folder, "email", EMAIL)
    direct = addresses.join(asked, on=EMAIL, how="semi")
    known = the_only(pl.concat([direct, led.select(direct.columns)]), EMAIL)
    return People(owners, asked.join(known, on=EMAIL).select("order_id", guest_id="customer_id"))


def visitors_evidence(folder: Path) -> pl.DataFrame:
    """Return the distinct logins and purchases of visitors."""
    is_purchase = pl.col("event_type") == "purchase"
    return (
        pl.scan_parquet(folder / "events.parquet")
        .select(VISITOR, "customer_id", order_id=pl.when(is_purchase).then("order_id"))
        .filter(pl.col("customer_id").is_not_null() | pl.col("order_id").is_not_null())
        .unique()
        .collect(engine="streaming")
    )


def normal(column: str) -> pl.Expr:
    """Return an address without blanks around it and in small letters."""
    return pl.col(column).str.strip_chars(" ").str.to_lowercase()


def not_refuted(pairs: pl.DataFrame, folder: Path, kind: str, column: str) -> pl.DataFrame:
    """Leave out the pairs which a decision of ours, their last, keeps apart."""
    refuted = (
        pl.read_parquet(folder / "corrections.parquet")
        .filter(pl.col("identifier_type") == kind)
        .group_by("identifier", "customer_id")
        .agg(pl.col("decision").sort_by("decided_at").last())
        .filter(pl.col("decision") == "separate")
    )
    return pairs.join(
        refuted,
        left_on=[column, "customer_id"],
        right_on=["identifier", "customer_id"],
        how="anti",
    )


def lead(
    began: pl.DataFrame, told: pl.DataFrame, sure: pl.DataFrame, addresses: pl.DataFrame
) -> pl.DataFrame:
    """Return the customers to whom each origin's visitors lead, over addresses given on both."""
    walk = step = began.unique()
    while step.height:
        step = (
            step.join(told, on=VISITOR)
            .select("origin", EMAIL)
            .unique()
            .join(told, on=EMAIL)
            .select(walk.columns)
            .unique()
            .join(walk, on=walk.columns, how="anti")
        )
        walk = pl.concat([walk, step])
    columns = ["origin", "customer_id"]
    by_login = walk.join(sure, on=VISITOR).select(columns)
    by_address = walk.join(told, on=VISITOR).join(addresses, on=EMAIL).select(columns)
    return pl.concat([by_login, by_address]).unique()


def the_only(pairs: pl.DataFrame, key: str) -> pl.DataFrame:
    """Return each key's customer, where there is no second."""
    found = pairs.group_by(key).agg(pl.col("customer_id").min(), found=pl.len())
    return found.filter(pl.col("found") == 1).drop("found")

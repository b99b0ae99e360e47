"""The made-up web events: labelled so, true to the source's orders, blind to the future."""

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from include.demo.web import COLUMNS, FAULTY_SHARE, with_times

if TYPE_CHECKING:
    from tests.demo.conftest import Delivery

EVENT_TYPES = {"page_view", "product_view", "add_to_cart", "checkout", "purchase", "search"}


@pytest.fixture(scope="module")
def events(delivery: "Delivery") -> pl.DataFrame:
    return delivery.rows("web.events")


@pytest.fixture(scope="module")
def orders(delivery: "Delivery") -> pl.DataFrame:
    lines = delivery.rows("shop.order_lines")
    return lines.select("order_id", "customer_id", pl.col("ordered_at").str.to_datetime()).unique()


def test_every_file_says_in_its_own_metadata_that_it_is_synthetic(delivery: "Delivery") -> None:
    files = delivery.files("web.events")
    assert len(files) == 19
    assert {pl.read_parquet_metadata(file)["tessera.synthetic"] for file in files} == {"true"}


def test_the_columns_are_the_contracts_and_the_key_is_unique(events: pl.DataFrame) -> None:
    assert events.columns == list(COLUMNS)
    assert events["event_id"].is_unique().all()
    assert 600_000 < events.height < 900_000


def test_a_few_rows_are_spoiled_in_each_of_three_ways(events: pl.DataFrame) -> None:
    unknown = events.filter(~pl.col("event_type").is_in(list(EVENT_TYPES))).height
    nobody, never = events["visitor_id"].null_count(), events["event_at"].null_count()

    assert min(unknown, nobody, never) > 0
    assert unknown + nobody + never == pytest.approx(FAULTY_SHARE * events.height, rel=0.2)


def test_every_purchase_is_of_an_order_of_that_customer_shortly_before_it(
    events: pl.DataFrame, orders: pl.DataFrame
) -> None:
    purchases = events.filter(pl.col("order_id").is_not_null() & pl.col("event_at").is_not_null())
    placed = purchases.join(orders, on="order_id", suffix="_ordered")

    assert placed.height == purchases.height > 10_000
    assert placed["customer_id"].eq_missing(placed["customer_id_ordered"]).all()
    assert placed["order_id"].is_unique().all()
    assert (placed["event_at"] < placed["ordered_at"]).all()
    assert (placed["event_at"].dt.date() == placed["ordered_at"].dt.date()).all()


def test_only_a_purchase_carries_an_order(events: pl.DataFrame) -> None:
    with_order = events.filter(pl.col("order_id").is_not_null())["event_type"]
    assert set(with_order) - {"purchase"} <= {"pageview"}  # one that was spoiled


def test_no_customer_is_seen_before_the_day_of_the_first_order(
    events: pl.DataFrame, orders: pl.DataFrame
) -> None:
    first = orders.group_by("customer_id").agg(pl.col("ordered_at").min().dt.date().alias("first"))
    seen = events.drop_nulls(["customer_id", "event_at"]).join(first, on="customer_id", how="left")
    assert (seen["event_at"].dt.date() >= seen["first"]).all()


def test_a_visitor_is_one_customer_at_most_on_one_device(events: pl.DataFrame) -> None:
    visitors = (
        events.drop_nulls("visitor_id")
        .group_by("visitor_id")
        .agg(
            customers=pl.col("customer_id").drop_nulls().n_unique(),
            devices=pl.col("device_type").n_unique(),
        )
    )
    assert set(visitors["customers"]) == {0, 1}
    assert set(visitors["devices"]) == {1}


def test_a_customer_is_named_from_the_visitors_login_on(events: pl.DataFrame) -> None:
    known = events.drop_nulls(["visitor_id", "event_at"]).with_columns(
        login=pl.col("event_at")
        .filter(pl.col("customer_id").is_not_null())
        .min()
        .over("visitor_id")
    )
    assert known["login"].null_count() > 0  # some never log in
    named = known["customer_id"].is_not_null()
    after = (known["event_at"] >= known["login"]).fill_null(value=False)
    assert named.eq(after).all()
    assert (known["event_at"] < known["login"]).any()  # some browsed before


def test_a_campaigns_visits_come_from_customers_it_was_sent_to_while_it_ran(
    delivery: "Delivery", events: pl.DataFrame
) -> None:
    sent = delivery.rows("marketing.campaign_exposures").with_columns(
        pl.col("started_date", "ended_date").str.to_date()
    )
    mailed = events.drop_nulls(["customer_id", "event_at"]).filter(
        pl.col("utm_campaign").str.starts_with("campaign-")
    )
    received = mailed.with_columns(
        campaign_id=pl.col("utm_campaign").str.strip_prefix("campaign-")
    ).join(sent, on=["campaign_id", "customer_id"])

    assert received.height == mailed.height > 1_000
    day = pl.col("event_at").dt.date()
    assert received.select(day.is_between("started_date", "ended_date").all()).item()


def test_a_visit_that_would_not_end_before_its_order_did_not_happen() -> None:
    visits = pl.DataFrame(
        {
            "visit_key": ["hasty", "calm"],
            "started_at": [datetime(2017, 5, 1, 10, 0, 0)] * 2,  # noqa: DTZ001 - no zone, as delivered
            "ends_before": [
                datetime(2017, 5, 1, 10, 0, 2),  # noqa: DTZ001
                datetime(2017, 5, 1, 11, 0, 0),  # noqa: DTZ001
            ],
        }
    )
    steps = pl.DataFrame({"visit_key": ["hasty", "hasty", "calm", "calm"], "step": [0, 1, 0, 1]})

    timed = with_times(steps, visits, np.random.default_rng(1))

    assert timed["visit_key"].to_list() == ["calm", "calm"]
    assert timed["event_at"].is_sorted()

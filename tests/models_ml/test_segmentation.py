"""Segmentation, end to end on a real DuckDB and MLflow: trained, scored, repeated, retrained."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from include.warehouse import canonical_digest, connect, read_query, read_table
from models_ml.mart import WrongMartError
from models_ml.segmentation.hysteresis import PENDING
from models_ml.segmentation.score import score
from models_ml.segmentation.train import train
from models_ml.tracking import Tracker
from tests.models_ml.conftest import QUICK

Company = Callable[..., pl.DataFrame]
Marts = Callable[..., Path]

DAY, WEEK_LATER = date(2025, 3, 1), date(2025, 3, 9)
TABLES = (
    "ml.customer_segments",
    "ml.segment_profiles",
    "ml.segment_map",
    "ml.segment_traits",
    "ml.segment_tree",
    "ml.segment_lifecycle",
    "ml.segment_challengers",
    "ml.segment_flows",
    "ml.customer_segment_history",
    "ml.model_metrics",
    "ml.feature_importance",
)


def learn(
    warehouse: Path, store: Tracker, day: date, retrain: Any = "when_missing"
) -> dict[str, Any]:
    trained = train(QUICK, as_of=day, retrain=retrain, warehouse=warehouse, tracker=store)
    return {**trained, **score(as_of=day, warehouse=warehouse, tracker=store)}


def rows(warehouse: Path, table: str, day: date) -> pl.DataFrame:
    with connect(warehouse, read_only=True) as connection:
        return read_table(connection, table, where=f"as_of = '{day}'")


def digests(warehouse: Path) -> dict[str, str]:
    with connect(warehouse, read_only=True) as connection:
        return {table: canonical_digest(connection, table) for table in TABLES}


def test_every_customer_gets_one_named_segment(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    customers = company()
    warehouse = marts(customers)

    result = learn(warehouse, fresh_store, DAY)

    found = rows(warehouse, "ml.customer_segments", DAY)
    assert sorted(found["customer_id"]) == customers["customer_id"].to_list()
    assert found.drop(PENDING).null_count().sum_horizontal()[0] == 0
    assert found["strength"].dtype == pl.Decimal(6, 4)
    assert found["model_version"].unique().to_list() == [result["segments_version"]]
    profiles = rows(warehouse, "ml.segment_profiles", DAY).sort("segment_id")
    assert profiles["segment_id"].to_list() == ["S1", "S2", "S3", "S4"]
    assert profiles["segment_name"].to_list() == [
        "Coupon-loving best customers",
        "Loyal regulars",
        "Occasional shoppers",
        "Lapsing coupon users",
    ]
    assert profiles["customers"].to_list() == [120, 120, 120, 120]
    assert profiles["monetary_amount"].is_sorted(descending=True)
    assert rows(warehouse, "ml.segment_map", DAY).height == customers.height


def test_a_second_run_of_the_day_changes_nothing(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    warehouse = marts(company())
    learn(warehouse, fresh_store, DAY)
    before = digests(warehouse)

    assert learn(warehouse, fresh_store, DAY)["segments_trained"] is False
    assert digests(warehouse) == before
    assert learn(warehouse, fresh_store, DAY, "always")["segments_trained"] is True
    assert digests(warehouse) == before
    assert len(fresh_store.versions("segmentation", as_of=DAY)) == 1


def test_a_retrained_model_keeps_ids_names_and_since_dates(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    learn(marts(company()), fresh_store, DAY)
    retrained = company(as_of=WEEK_LATER, seed=2)  # everyone buys a little differently

    result = learn(marts(retrained), fresh_store, WEEK_LATER, "always")

    warehouse = marts(retrained)
    assert result["segments_trained"] is True
    before = rows(warehouse, "ml.customer_segments", DAY)
    after = rows(warehouse, "ml.customer_segments", WEEK_LATER)
    assert before["model_version"][0] != after["model_version"][0]
    both = before.join(after, on="customer_id", suffix="_now")
    stayed = both.filter(pl.col("segment_id") == pl.col("segment_id_now"))
    assert stayed.height > 0.97 * both.height
    assert (stayed["segment_name"] == stayed["segment_name_now"]).all()
    assert stayed["since_date_now"].unique().to_list() == [DAY]


def test_who_moves_belongs_since_today(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    learn(marts(company()), fresh_store, DAY)
    next_day = date(2025, 3, 2)
    moved = company(as_of=next_day)
    gone = moved.row(-1, named=True)
    columns = [c for c in moved.columns if c not in {"as_of", "customer_id"}]
    first = pl.col("customer_id") == "c00000"
    moved = moved.with_columns(
        pl.when(first).then(pl.lit(gone[c])).otherwise(pl.col(c)).alias(c) for c in columns
    )

    learn(marts(moved), fresh_store, next_day)

    today = rows(marts(moved), "ml.customer_segments", next_day)
    assert today.filter(first)["since_date"].to_list() == [next_day]
    assert today.filter(~first)["since_date"].unique().to_list() == [DAY]


def test_without_structure_rfm_rules_stand_in_and_say_so(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    lump = company().with_columns(
        spend_30d_amount=pl.lit(5.0), coupon_share=pl.lit(0.1), coupons_redeemed_90d=pl.lit(0)
    )
    warehouse = marts(lump)

    result = learn(warehouse, fresh_store, DAY)

    assert result["segments_trained"] is False
    assert fresh_store.champion("segmentation", as_of=DAY) is None
    found = rows(warehouse, "ml.customer_segments", DAY)
    assert found.height == lump.height
    assert found["model_version"].unique().to_list() == ["rules"]
    assert set(found["segment_name"]) == {"Champions", "Lost"}
    refusal = rows(warehouse, "ml.segment_refusals", DAY)["reason"].to_list()
    assert refusal == [result["segments_reason"]]
    profiles = rows(warehouse, "ml.segment_profiles", DAY)
    assert all("By rule, not by clusters" in text for text in profiles["description"])


def test_clusters_may_follow_days_by_rule(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    lump = company().with_columns(spend_30d_amount=pl.lit(5.0), coupon_share=pl.lit(0.1))
    learn(marts(lump), fresh_store, DAY)
    warehouse = marts(company(as_of=WEEK_LATER))

    result = learn(warehouse, fresh_store, WEEK_LATER)

    assert result["segments_trained"] is True
    told = rows(warehouse, "ml.segment_lifecycle", WEEK_LATER)
    assert told["event"].unique().to_list() == ["born"]
    assert told["segment_id"].to_list() == ["S1", "S2", "S3", "S4"]


def test_a_degenerate_retrain_leaves_the_champion_in_place(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    first = learn(marts(company()), fresh_store, DAY)
    lump = company(as_of=WEEK_LATER).with_columns(spend_30d_amount=pl.lit(5.0))

    lump = lump.with_columns(coupon_share=pl.lit(0.1))

    result = learn(marts(lump), fresh_store, WEEK_LATER, "always")

    assert result["segments_trained"] is False
    assert result["segments_version"] == first["segments_version"]


def test_unsegmented_customers_have_their_own_line(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    warehouse = marts(company())
    policy = replace(QUICK, noise_policy="unsegmented", reach_quantile=0.9)
    train(policy, as_of=DAY, retrain="always", warehouse=warehouse, tracker=fresh_store)
    score(as_of=DAY, warehouse=warehouse, tracker=fresh_store)

    none = rows(warehouse, "ml.segment_profiles", DAY).filter(pl.col("segment_id") == "S0")
    assert none["segment_name"].to_list() == ["Unsegmented"]
    assert none["customers"][0] > 0


def test_a_mart_of_another_day_is_refused(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    warehouse = marts(company(as_of=DAY))

    with pytest.raises(WrongMartError, match="Run the stage 'build' for 2025-03-09"):
        score(as_of=WEEK_LATER, warehouse=warehouse, tracker=fresh_store)


def test_the_days_rows_name_the_version_behind_them(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    warehouse = marts(company())
    learn(warehouse, fresh_store, DAY)

    with connect(warehouse, read_only=True) as connection:
        found = read_query(
            connection,
            "SELECT DISTINCT v.artifact_sha256 FROM ml.customer_segments AS s "
            "JOIN ml.model_versions AS v USING (as_of, model_version)",
        )
    champion = fresh_store.champion("segmentation", as_of=DAY)
    assert champion is not None
    assert found["artifact_sha256"].to_list() == [champion.artifact_sha256]

"""A retrain leads by itself where people would not be moved about for nothing; else it waits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from include.warehouse import connect, read_table
from models_ml.package import Package
from models_ml.segmentation import approval
from models_ml.segmentation.config import Feature, SegmentationConfig
from models_ml.segmentation.overrides import Override
from models_ml.segmentation.policy import IdentityPolicy
from models_ml.segmentation.score import score
from models_ml.segmentation.train import train
from models_ml.tracking import Tracker
from tests.models_ml.conftest import QUICK

Company = Callable[..., pl.DataFrame]
Marts = Callable[..., Path]

DAY = date(2025, 3, 1)
LATER = DAY + timedelta(days=7)
OTHER_EYES = replace(
    QUICK, features=(Feature(column="recency_days"), Feature(column="average_order_amount"))
)


def two_faced(customers: pl.DataFrame) -> pl.DataFrame:
    """Customers whose recency and baskets group them otherwise than their spend does."""
    shuffled = np.random.default_rng(5).permutation(customers.height)
    return customers.with_columns(
        customers[feature.column].gather(shuffled) for feature in OTHER_EYES.features
    )


def learn(
    warehouse: Path,
    store: Tracker,
    day: date,
    config: SegmentationConfig | None = None,
    **how: Any,
) -> dict[str, Any]:
    """Train, and score with whoever leads then."""
    trained = train(
        config or QUICK,
        as_of=day,
        retrain="always",
        warehouse=warehouse,
        tracker=store,
        **how,
    )
    overrides = how.get("overrides")
    return {
        **trained,
        **score(as_of=day, warehouse=warehouse, tracker=store, overrides=overrides),
    }


def rows(warehouse: Path, table: str, day: date) -> pl.DataFrame:
    with connect(warehouse, read_only=True) as connection:
        return read_table(connection, table, where=f"as_of = '{day}'")


@pytest.fixture
def held(company: Company, marts: Marts, fresh_store: Tracker) -> tuple[Path, dict[str, Any]]:
    """A retrain that sees the same customers otherwise, and so was held back."""
    first = learn(marts(two_faced(company())), fresh_store, DAY)
    warehouse = marts(two_faced(company(as_of=LATER)))
    return warehouse, {"first": first, **learn(warehouse, fresh_store, LATER, OTHER_EYES)}


def test_a_retrain_that_would_reshuffle_unchanged_customers_waits_and_can_be_dropped(
    held: tuple[Path, dict[str, Any]], fresh_store: Tracker
) -> None:
    warehouse, result = held

    assert result["segments_promoted"] is False
    assert "held back: it would move" in result["segments_reason"]
    assert result["segments_version"] == result["first"]["segments_version"]  # it scored
    assert result["segment_events"] == []
    [waiting] = rows(warehouse, "ml.segment_challengers", LATER).rows(named=True)
    assert waiting["verdict"] == result["segments_reason"]
    assert f"approve {waiting['model_version']}" in waiting["what_to_do"]
    told = approval.status(fresh_store)
    assert waiting["model_version"] in told
    assert "died,S1" in told  # what it would change
    with pytest.raises(approval.DecisionError, match="does not wait"):
        approval.approve(fresh_store, "2025-01-01-deadbeef")

    approval.reject(fresh_store, waiting["model_version"])
    assert "No retrain waits" in approval.status(fresh_store)
    again = score(as_of=LATER, warehouse=warehouse, tracker=fresh_store)
    assert again["segments_version"] == result["segments_version"]
    assert rows(warehouse, "ml.segment_challengers", LATER).is_empty()


def test_what_a_person_approves_leads_and_its_changes_are_told(
    held: tuple[Path, dict[str, Any]], fresh_store: Tracker
) -> None:
    warehouse, _ = held
    [name] = rows(warehouse, "ml.segment_challengers", LATER)["model_version"]

    approval.approve(fresh_store, name)
    result = score(as_of=LATER, warehouse=warehouse, tracker=fresh_store)

    assert result["segments_version"] == name
    assert {event for event, _ in result["segment_events"]} == {"born", "died"}
    assert rows(warehouse, "ml.segment_challengers", LATER).is_empty()
    before = set(rows(warehouse, "ml.customer_segments", DAY)["segment_id"])
    after = set(rows(warehouse, "ml.customer_segments", LATER)["segment_id"])
    again = learn(warehouse, fresh_store, LATER, OTHER_EYES)
    assert (again["segments_version"], again["segments_promoted"]) == (name, True)
    assert again["segments_reason"] == "a person has approved it"
    assert before == {"S1", "S2", "S3", "S4"}
    assert before & after == set(), "a number is never given twice"


def test_customers_who_have_changed_may_be_moved(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    learn(marts(two_faced(company())), fresh_store, DAY)
    richer = two_faced(company(as_of=LATER)).with_columns(pl.col("spend_30d_amount") * 5)

    result = learn(marts(richer), fresh_store, LATER, OTHER_EYES)

    assert result["segments_promoted"] is True
    assert "spend_30d_amount has drifted" in result["segments_reason"]


def test_a_pinned_segment_does_not_end_without_a_person(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    given = {"S1": Override(name="Our dearest", pin=True)}
    everyone = IdentityPolicy(max_moved_share=1.0)
    how: dict[str, Any] = {"overrides": given, "policy": everyone}
    learn(marts(two_faced(company())), fresh_store, DAY, overrides=given)

    ended = learn(marts(two_faced(company(as_of=LATER))), fresh_store, LATER, OTHER_EYES, **how)
    kept = learn(marts(two_faced(company(as_of=LATER, seed=2))), fresh_store, LATER, **how)

    assert "it would end what is pinned: S1" in ended["segments_reason"]
    assert kept["segments_promoted"] is True
    assert "Our dearest" in kept["segment_sizes"], "a person's name survives a retrain"


def test_births_and_deaths_of_a_changing_company_are_told_and_nothing_else(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    def of_groups(day: date, *groups: int) -> pl.DataFrame:
        everyone = company(as_of=day, seed=day.day).with_row_index()
        return everyone.filter((pl.col("index") // 120).is_in(groups)).drop("index")

    names_stay = IdentityPolicy(name_slack=1.0)  # ranks among all move when a third comes or goes
    learn(marts(of_groups(DAY, 0, 1, 2)), fresh_store, DAY)
    grown = learn(marts(of_groups(LATER, 0, 1, 2, 3)), fresh_store, LATER, policy=names_stay)
    last = LATER + timedelta(days=7)
    shrunk = learn(marts(of_groups(last, 1, 2, 3)), fresh_store, last, policy=names_stay)

    assert grown["segment_events"] == [("born", "S4")], grown
    assert shrunk["segment_events"] == [("died", "S1")]


def test_segments_whose_customers_came_to_behave_alike_are_told_to_have_merged(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    learn(marts(company()), fresh_store, DAY)
    later = company(as_of=LATER, seed=2)
    columns = [c for c in later.columns if c not in {"as_of", "customer_id"}]
    small = slice(240, 360)  # now buy as the 'big' do
    changed = pl.concat(
        [later[:240], later[120:240].with_columns(later["customer_id"][small]), later[360:]]
    )
    assert changed["customer_id"].n_unique() == 480
    assert len(columns) > 20

    result = learn(marts(changed), fresh_store, LATER)

    assert result["segment_events"] == [("merged", "S3")]


def test_one_per_cent_more_customers_move_nobody(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    learn(marts(company(size=150)), fresh_store, DAY)
    newcomers = company(as_of=LATER, size=2, seed=9).with_columns(
        customer_id="new" + pl.col("customer_id")
    )
    more = pl.concat([company(as_of=LATER, size=150), newcomers])
    warehouse = marts(more)

    result = learn(warehouse, fresh_store, LATER)

    assert result["segments_promoted"] is True
    before = rows(warehouse, "ml.customer_segments", DAY)
    after = rows(warehouse, "ml.customer_segments", LATER)
    both = before.join(after, on="customer_id", suffix="_now")
    assert both.height == before.height
    stayed = both.filter(pl.col("segment_id") == pl.col("segment_id_now"))
    assert stayed.height >= 0.98 * both.height
    assert after.height == before.height + 8


def test_a_champion_of_an_older_form_is_replaced_and_not_stumbled_over(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    old = Package(trained_as_of=DAY - timedelta(days=7), facts={"segments": []}, files={})
    with fresh_store.tracked_run("segmentation", as_of=DAY, parameters={}, data_digest="") as run:
        version = fresh_store.register(run, "segmentation", old, data_digest="")
    fresh_store.promote("segmentation", version)
    warehouse = marts(company())

    trained = train(
        QUICK, as_of=DAY, retrain="when_missing", warehouse=warehouse, tracker=fresh_store
    )
    result = score(as_of=DAY, warehouse=warehouse, tracker=fresh_store)

    assert trained["segments_promoted"] is True
    assert result["segments_version"] == trained["segments_version"]


def test_new_customers_get_a_segment_without_a_refit(
    company: Company, marts: Marts, fresh_store: Tracker
) -> None:
    first = learn(marts(company()), fresh_store, DAY)
    newcomers = company(as_of=LATER, size=2, seed=9).with_columns(
        customer_id="new" + pl.col("customer_id")
    )
    warehouse = marts(pl.concat([company(as_of=LATER), newcomers]))

    result = score(as_of=LATER, warehouse=warehouse, tracker=fresh_store)

    assert result["segments_version"] == first["segments_version"]
    found = rows(warehouse, "ml.customer_segments", LATER)
    new = found.filter(pl.col("customer_id").str.starts_with("new"))
    assert new.height == 8
    assert new["since_date"].unique().to_list() == [LATER]

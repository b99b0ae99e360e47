"""One clock: a past day is seen as it was, and training sees customers as serving did."""

from datetime import date

import polars as pl
import pytest
from dbt.cli.main import dbtRunner

from include import transform
from include.settings import Settings
from include.warehouse import connect, read_table
from tests.dbt_project.company import MOVED_FROM, at_home, digests

APRIL = date(2025, 4, 1)
TRAINING_SETS = [
    ("marts.mart_churn_training", ["has_churned"]),
    ("marts.mart_purchase_training", ["has_ordered_30d", "next_spend_30d_amount"]),
]
# The calendar, and a season that lies before the company's first order: nothing moves them.
UNMOVED = {"snapshot_month", "orders_28d_last_year"}


def learned(settings: Settings, mart: str) -> pl.DataFrame:
    """A training set, in the order of its keys."""
    with connect(settings.marts, read_only=True) as marts:
        return read_table(marts, mart).sort("snapshot_date", "customer_id")


def test_what_was_delivered_or_happened_later_changes_nothing(
    april: Settings, april_then: Settings
) -> None:
    then = digests(april_then)
    assert "marts.mart_churn_training" in then
    assert digests(april) == then


def test_training_describes_a_past_day_as_scoring_did_on_it(
    april: Settings, july: Settings
) -> None:
    with connect(april.marts, read_only=True) as marts:
        served = read_table(marts, "marts.mart_customer_features").drop("as_of")
    assert served.height == 6
    for mart, labels in TRAINING_SETS:
        known = learned(july, mart).filter(pl.col("snapshot_date") == APRIL)
        known = known.drop("snapshot_date", *labels)
        assert known.equals(served.select(known.columns).sort("customer_id")), mart
    assert set(served.columns) == set(known.columns)


def test_history_remembers_a_past_day_as_rfm_saw_it(april: Settings, july: Settings) -> None:
    with connect(april.marts, read_only=True) as marts:
        seen = read_table(marts, "marts.mart_customer_rfm")
    with connect(july.marts, read_only=True) as marts:
        remembered = read_table(marts, "marts.mart_customer_rfm_history")
    remembered = remembered.filter(pl.col("snapshot_date") == APRIL).drop("snapshot_date")
    assert remembered.height == 6
    assert remembered.equals(seen.select(remembered.columns))


@pytest.mark.parametrize(("mart", "labels"), TRAINING_SETS)
def test_moving_what_came_later_about_moves_no_feature(
    july: Settings, july_moved: Settings, mart: str, labels: list[str]
) -> None:
    told, moved = learned(july, mart), learned(july_moved, mart)
    before = pl.col("snapshot_date") <= MOVED_FROM
    assert told.filter(before)["snapshot_date"].n_unique() == 2
    assert told.filter(before).drop(labels).equals(moved.filter(before).drop(labels))
    answered = pl.col("snapshot_date") + pl.duration(days=30) <= MOVED_FROM  # by then, for good
    assert told.filter(answered).height > 0
    assert told.filter(answered).equals(moved.filter(answered))


@pytest.mark.parametrize(("mart", "labels"), TRAINING_SETS)
def test_what_was_moved_about_moves_every_feature_and_answer_it_may(
    july: Settings, july_moved: Settings, mart: str, labels: list[str]
) -> None:
    """Else the test above would hold of a feature whose future nobody had moved."""
    keys = ["snapshot_date", "customer_id"]
    both = learned(july, mart).join(learned(july_moved, mart), on=keys, suffix="_moved")
    after = both.filter(pl.col("snapshot_date") > MOVED_FROM)
    asked = both.filter(pl.col("snapshot_date") == MOVED_FROM)
    features = set(learned(july, mart).columns) - {*keys, *labels}

    def moves(rows: pl.DataFrame, column: str) -> bool:
        return bool(rows.select(pl.col(column).ne_missing(pl.col(f"{column}_moved")).any()).item())

    assert len(features) >= 26
    assert {feature for feature in features if not moves(after, feature)} == features & UNMOVED
    assert all(moves(asked, label) for label in labels)


def test_labels_are_what_customers_did_in_the_thirty_days_after(july: Settings) -> None:
    told = learned(july, "marts.mart_churn_training")
    assert told["snapshot_date"].unique().sort().to_list() == [
        date(2025, 4, 1),
        date(2025, 5, 1),
        date(2025, 6, 1),
    ]
    churned = told.filter("has_churned", pl.col("snapshot_date") == APRIL)
    assert churned["customer_id"].to_list() == ["customer-3", "customer-6"]


def test_a_login_of_tomorrow_names_no_visitor_today(april: Settings, july: Settings) -> None:
    def known_visitors(settings: Settings) -> set[str]:
        with connect(settings.marts, read_only=True) as marts:
            sessions = read_table(marts, "marts.fct_sessions", where="customer_id IS NOT NULL")
        return set(sessions["visitor_id"])

    assert known_visitors(april) == {"visitor-1", "visitor-2", "visitor-3", "visitor-4"}
    assert known_visitors(july) == {"visitor-2", "visitor-3", "visitor-4", "visitor-5"}


def test_the_project_itself_refuses_to_run_without_a_day(april: Settings) -> None:
    with at_home(april.home), transform.lent_to_dbt(april):
        outcome = dbtRunner().invoke(
            [
                *("--quiet", "--log-path", str(april.dbt / "logs"), "run"),
                *("--select", "stg_shop__order_lines"),
                *("--project-dir", str(transform.PROJECT)),
                *("--profiles-dir", str(transform.PROJECT)),
                *("--target-path", str(april.dbt / "target")),
            ]
        )
        transform.let_go()
    assert not outcome.success
    said = transform.explain(outcome)
    assert "The run date as_of is 'not set', which is no day" in said
    assert "say which day the run stands at" in said

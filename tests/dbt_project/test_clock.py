"""One clock: a past day is seen as it was, and training sees customers as serving did."""

from datetime import date

import polars as pl
from dbt.cli.main import dbtRunner

from include import transform
from include.settings import Settings
from include.warehouse import connect, read_table
from tests.dbt_project.company import MOVED_FROM, at_home, digests

APRIL = date(2025, 4, 1)


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
    for mart, labels in (
        ("marts.mart_churn_training", ["has_churned"]),
        ("marts.mart_purchase_training", ["has_ordered_30d", "next_spend_30d_amount"]),
    ):
        with connect(july.marts, read_only=True) as marts:
            learned = read_table(marts, mart)
        learned = learned.filter(pl.col("snapshot_date") == APRIL).drop("snapshot_date", *labels)
        assert learned.sort("customer_id").equals(
            served.select(learned.columns).sort("customer_id")
        ), mart
    assert set(served.columns) == set(learned.columns)


def test_history_remembers_a_past_day_as_rfm_saw_it(april: Settings, july: Settings) -> None:
    with connect(april.marts, read_only=True) as marts:
        seen = read_table(marts, "marts.mart_customer_rfm")
    with connect(july.marts, read_only=True) as marts:
        remembered = read_table(marts, "marts.mart_customer_rfm_history")
    remembered = remembered.filter(pl.col("snapshot_date") == APRIL).drop("snapshot_date")
    assert remembered.height == 6
    assert remembered.equals(seen.select(remembered.columns))


def test_moving_what_came_later_about_moves_no_feature(
    july: Settings, july_moved: Settings
) -> None:
    def known(settings: Settings, labels: list[str]) -> pl.DataFrame:
        with connect(settings.marts, read_only=True) as marts:
            rows = read_table(marts, "marts.mart_purchase_training")
        return rows.filter(pl.col("snapshot_date") <= MOVED_FROM).select(
            pl.col(rows.columns).exclude(labels)
        )

    labels = ["has_ordered_30d", "next_spend_30d_amount"]
    assert known(july, labels).height > 0
    assert known(july, labels).equals(known(july_moved, labels))
    assert not known(july, []).equals(known(july_moved, []))  # only the answers may know


def test_labels_are_what_customers_did_in_the_thirty_days_after(july: Settings) -> None:
    with connect(july.marts, read_only=True) as marts:
        learned = read_table(marts, "marts.mart_churn_training")
    assert learned["snapshot_date"].unique().sort().to_list() == [
        date(2025, 4, 1),
        date(2025, 5, 1),
        date(2025, 6, 1),
    ]
    churned = learned.filter("has_churned", pl.col("snapshot_date") == APRIL)
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

"""Churn: judged by time, crowned by margin, and every customer scored by a verified model."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from include.warehouse import canonical_digest, connect, read_table
from models_ml.churn.config import ChurnConfig
from models_ml.churn.evaluate import calibration_error, judge
from models_ml.churn.features import NotEnoughHistoryError, split_by_time
from models_ml.churn.promotion import compare, refusal
from models_ml.churn.score import score
from models_ml.churn.train import fit, train
from models_ml.segmentation import score as segments
from models_ml.tracking import Tracker

History = Callable[..., pl.DataFrame]
Company = Callable[..., pl.DataFrame]
Marts = Callable[..., Path]

CONFIG = ChurnConfig(rounds=40)
DAY = date(2025, 3, 1)
TABLES = (
    "ml.customer_churn_scores",
    "ml.churn_calibration",
    "ml.churn_lift",
    "ml.model_metrics",
    "ml.feature_importance",
)
GOOD = {"roc_auc": 0.8, "recency_roc_auc": 0.7, "score_spread": 0.1}


def learn(warehouse: Path, store: Tracker, day: date = DAY, **how: Any) -> dict[str, Any]:
    asked = {"retrain": "when_missing", "config": CONFIG, **how}
    config = asked.pop("config")
    trained = train(config, as_of=day, warehouse=warehouse, tracker=store, threads=1, **asked)
    return {**trained, **score(as_of=day, warehouse=warehouse, tracker=store, threads=1)}


def test_the_newest_snapshot_is_held_out_and_no_label_window_reaches_it(history: History) -> None:
    months = (date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1))

    split = split_by_time(history(months), CONFIG)

    assert split.holdout["snapshot_date"].unique().to_list() == [date(2025, 3, 1)]
    learned = split.training["snapshot_date"].unique().to_list()
    assert learned == [date(2025, 1, 1)]  # February's 30 days end on 3 March: not known yet
    assert all(day + timedelta(days=CONFIG.label_days) <= split.holdout_date for day in learned)


@pytest.mark.parametrize("months", [(), (date(2025, 1, 1),)])
def test_too_little_history_is_refused_with_what_is_missing(
    history: History, months: tuple[date, ...]
) -> None:
    snapshots = history(months) if months else history().clear()

    with pytest.raises(NotEnoughHistoryError, match=r"needed|needs"):
        split_by_time(snapshots, CONFIG)


def test_the_model_beats_recency_alone_and_its_scores_are_probabilities(history: History) -> None:
    split = split_by_time(history(size=1_500), CONFIG)

    model = fit(split, replace(CONFIG, rounds=100), threads=1)

    assert model.metrics["roc_auc"] > model.metrics["recency_roc_auc"] + 0.05
    assert model.metrics["calibration_error"] < 0.06
    assert model.importance["orders_90d"] > 0.2
    assert sum(model.importance.values()) == pytest.approx(1, abs=1e-4)


def test_threads_do_not_move_a_byte(history: History) -> None:
    split = split_by_time(history(), CONFIG)
    config = replace(CONFIG, rows_per_thread=1)

    files = {fit(split, config, threads=n).classifier.model_file for n in (1, 2)}

    assert len(files) == 1


def test_timid_scores_are_straightened_on_a_month_they_have_not_seen(history: History) -> None:
    split = split_by_time(history(size=1_000), CONFIG)  # 40 slow rounds say little beyond 40-60 %
    never = replace(CONFIG, calibration_slope_low=0.0, calibration_slope_high=99.0)

    straight, timid = fit(split, CONFIG, threads=1), fit(split, never, threads=1)

    assert timid.classifier.slope == 1
    assert straight.classifier.slope > CONFIG.calibration_slope_high
    assert straight.metrics["brier"] < timid.metrics["brier"]
    assert straight.metrics["calibration_error"] < timid.metrics["calibration_error"]


def test_judgement_of_a_perfect_and_of_a_useless_score() -> None:
    target = np.array([1] * 10 + [0] * 90, dtype=np.int8)

    perfect = judge(target.astype(np.float64), target)
    useless = judge(np.full(100, 0.1), target)

    assert perfect.metrics["roc_auc"] == 1
    assert perfect.metrics["brier"] == 0
    assert perfect.metrics["lift_top_decile"] == 10
    assert calibration_error(perfect.calibration) == 0
    assert useless.metrics["roc_auc"] == 0.5
    assert useless.calibration["customers"].to_list() == [10] * 10
    assert useless.lift["decile"].to_list() == list(range(1, 11))


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"roc_auc": float("nan")}, "not a number"),
        ({"score_spread": 0.0}, "same score"),
        ({"roc_auc": 0.69}, "does not beat recency alone"),
    ],
)
def test_a_degenerate_model_never_leads(broken: dict[str, float], why: str) -> None:
    verdict = compare({**GOOD, **broken}, None, champion_age_days=0, config=CONFIG)

    assert refusal(GOOD) is None
    assert not verdict.is_promoted
    assert why in verdict.reason


@pytest.mark.parametrize(
    ("champion", "age", "leads"),
    [
        (None, 0, True),
        (0.790, 1, True),  # better by the margin
        (0.799, 1, False),  # better, not by the margin
        (0.799, 28, True),  # not worse, and the champion is old
        (0.801, 28, True),  # within the tolerance
        (0.803, 90, False),  # worse, however old
    ],
)
def test_the_crown_needs_a_margin_or_an_old_champion(
    champion: float | None, age: int, *, leads: bool
) -> None:
    known = None if champion is None else {"roc_auc": champion}

    verdict = compare(GOOD, known, champion_age_days=age, config=CONFIG)

    assert verdict.is_promoted is leads


def test_every_customer_is_scored_once(
    company: Company, history: History, marts: Marts, fresh_store: Tracker
) -> None:
    customers = company()
    warehouse = marts(customers, history())

    result = learn(warehouse, fresh_store)

    assert result["churn_promoted"] is True, result
    with connect(warehouse, read_only=True) as connection:
        found = read_table(connection, "ml.customer_churn_scores")
        metrics = read_table(connection, "ml.model_metrics")["metric"].to_list()
    assert sorted(found["customer_id"]) == customers["customer_id"].to_list()
    assert found["churn_score"].is_between(0, 1).all()
    assert set(found["churn_risk"]) <= {"low", "medium", "high"}
    risky = found.filter(pl.col("churn_score") >= CONFIG.medium_risk)["churn_risk"]
    assert risky.len() > 0
    assert set(risky) <= {"medium", "high"}
    needed = {"roc_auc", "pr_auc", "brier", "lift_top_decile", "base_rate"}
    assert needed <= set(metrics)
    assert {f"recency_{name}" for name in needed} <= set(metrics)
    assert {f"logistic_{name}" for name in needed} <= set(metrics)


def test_two_models_share_a_table_without_wiping_each_other(
    company: Company, history: History, marts: Marts, fresh_store: Tracker
) -> None:
    warehouse = marts(company(), history())
    segments.score(as_of=DAY, warehouse=warehouse, tracker=fresh_store)

    learn(warehouse, fresh_store)
    learn(warehouse, fresh_store)

    with connect(warehouse, read_only=True) as connection:
        found = read_table(connection, "ml.model_metrics")
    assert set(found["model"]) == {"segmentation", "churn"}
    assert found.select("model", "metric").is_duplicated().sum() == 0


def test_a_second_run_of_the_day_changes_nothing(
    company: Company, history: History, marts: Marts, fresh_store: Tracker
) -> None:
    warehouse = marts(company(), history())

    def digests() -> dict[str, str]:
        with connect(warehouse, read_only=True) as connection:
            return {table: canonical_digest(connection, table) for table in TABLES}

    learn(warehouse, fresh_store)
    before = digests()

    assert learn(warehouse, fresh_store)["churn_trained"] is False
    assert digests() == before
    assert learn(warehouse, fresh_store, retrain="always")["churn_trained"] is True
    assert digests() == before


def test_a_challenger_that_is_not_better_does_not_score(
    company: Company, history: History, marts: Marts, fresh_store: Tracker
) -> None:
    first = learn(marts(company(), history()), fresh_store)
    later = DAY + timedelta(days=8)
    worse = replace(CONFIG, rounds=2)

    second = learn(
        marts(company(as_of=later), history()), fresh_store, later, config=worse, retrain="always"
    )

    assert second["churn_promoted"] is False
    assert second["churn_version"] == first["churn_version"]
    assert len(fresh_store.versions("churn", as_of=later)) == 2


def test_the_future_is_not_learned_from(
    company: Company, history: History, marts: Marts, fresh_store: Tracker
) -> None:
    early = date(2024, 12, 15)  # the mart was built for a later day: December's labels are known
    warehouse = marts(company(as_of=early), history())

    learn(warehouse, fresh_store, early)

    champion = fresh_store.champion("churn", as_of=early)
    assert champion is not None
    assert fresh_store.load(champion).facts["holdout_date"] == "2024-11-01"


def test_without_enough_history_the_day_has_no_scores(
    company: Company, history: History, marts: Marts, fresh_store: Tracker
) -> None:
    warehouse = marts(company(), history((date(2024, 12, 1),)))

    result = learn(warehouse, fresh_store)

    assert result["churn_trained"] is False
    assert result["customers_scored"] == 0
    with connect(warehouse, read_only=True) as connection:
        assert read_table(connection, "ml.customer_churn_scores").is_empty()

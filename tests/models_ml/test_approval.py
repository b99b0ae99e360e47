"""A retrain that was held back: a person sees it and lets it lead or drops it, or the DAG does."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from include.services.processes import program
from include.services.scheduling import airflow_environment, prepare_airflow
from include.settings import CHECKOUT, Settings
from models_ml.segmentation import score
from models_ml.segmentation.__main__ import main
from models_ml.segmentation.train import MODEL
from models_ml.tracking import Tracker, Version, open_tracker
from tests.models_ml.test_promotion import LATER, OTHER_EYES, learn, two_faced

Company = Callable[..., pl.DataFrame]
Marts = Callable[..., Path]

DAY = LATER - timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Held:
    """A home whose champion scores, and whose retrain waits for a person."""

    settings: Settings
    tracker: Tracker
    champion: str
    waiting: str

    def leader(self) -> str:
        version = self.tracker.champion(MODEL, as_of=date.max)
        assert version is not None
        return version.name


@pytest.fixture
def held(home: Path, company: Company, marts: Marts) -> Held:
    settings = Settings.from_env()
    tracker = open_tracker(settings)
    first = learn(marts(two_faced(company(as_of=DAY))), tracker, DAY)
    warehouse = marts(two_faced(company(as_of=LATER)))
    assert warehouse == settings.marts
    second = learn(warehouse, tracker, LATER, OTHER_EYES)
    assert second["segments_promoted"] is False
    waiting = tracker.challenger(MODEL, as_of=LATER)
    assert waiting is not None
    assert home == settings.home
    return Held(
        settings=settings,
        tracker=tracker,
        champion=first["segments_version"],
        waiting=waiting.name,
    )


def test_a_person_sees_what_waits_approves_it_and_it_scores(
    held: Held, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert f"{held.champion} leads. {held.waiting} is held back" in shown
    assert f"approve {held.waiting}" in shown

    assert main(["approve", "2025-01-01-deadbeef"]) == 1
    assert f"{held.waiting} does." in capsys.readouterr().err
    assert held.leader() == held.champion

    assert main(["approve", held.waiting]) == 0
    assert "leads from the next scored day on" in capsys.readouterr().out
    assert main(["approve", held.waiting]) == 0, "a task that is cleared says so again"
    assert "leads already" in capsys.readouterr().out
    assert main([]) == 0
    assert f"{held.waiting} leads. No retrain waits" in capsys.readouterr().out
    assert score.run(LATER.isoformat())["segments_version"] == held.waiting

    earlier = DAY - timedelta(days=7)
    assert main(["approve", _registered_again(held.tracker, as_of=earlier).name]) == 0
    assert f"leads on days filled back from {earlier}" in capsys.readouterr().out
    assert held.leader() == held.waiting, "who has learned later goes on leading"


def test_what_is_dropped_never_leads(held: Held, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reject", held.waiting]) == 0
    assert "the champion goes on scoring" in capsys.readouterr().out

    assert main(["approve", held.waiting]) == 1
    assert "none does" in capsys.readouterr().err
    assert held.leader() == held.champion


@pytest.mark.services
def test_the_weekly_dag_lets_the_approved_version_lead_and_trains_nothing(held: Held) -> None:
    prepare_airflow(held.settings)

    done = subprocess.run(
        [
            program("airflow"),
            "dags",
            "test",
            "model_training_weekly",
            "--conf",
            json.dumps({"approve": held.waiting}),
        ],
        env=airflow_environment(held.settings),
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert held.leader() == held.waiting
    versions = held.tracker.versions(MODEL, as_of=date.max)
    assert {version.name for version in versions} == {held.champion, held.waiting}
    assert score.run(LATER.isoformat())["segments_version"] == held.waiting


def _registered_again(tracker: Tracker, *, as_of: date) -> Version:
    """Hold back a version that learned on ``as_of``, as a back-filled training does."""
    champion = tracker.champion(MODEL, as_of=date.max)
    assert champion is not None
    package = replace(tracker.load(champion), trained_as_of=as_of)
    with tracker.tracked_run(MODEL, as_of=as_of, parameters={}, data_digest="") as run:
        version = tracker.register(run, MODEL, package, data_digest="")
    tracker.hold(MODEL, version, "held back: for the test")
    return version

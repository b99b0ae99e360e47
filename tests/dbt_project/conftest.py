"""The builds the tests of the project share: each costs seconds, so each is made once."""

import json
from datetime import date
from typing import Any

import pytest

from include import transform
from include.settings import Settings
from tests.dbt_project.chains import Project
from tests.dbt_project.company import (
    at_home,
    build,
    deliver,
    forget_what_came_after,
    move_what_came_after,
    score,
)

APRIL = date(2025, 4, 1)
JULY = date(2025, 7, 1)


@pytest.fixture(scope="session")
def july(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The last day of the story, down to the audiences."""
    home = tmp_path_factory.mktemp("july")
    settings = build(home, JULY)
    with at_home(home):
        score(settings, JULY)
        transform.build_audiences(JULY.isoformat())
    return settings


@pytest.fixture(scope="session")
def april(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A back-fill: the first of April, with all that came after it in the raw tables."""
    return build(tmp_path_factory.mktemp("april"), APRIL)


@pytest.fixture(scope="session")
def april_then(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The first of April as it was: nothing that came after it had been delivered."""
    with at_home(tmp_path_factory.mktemp("april_then")) as settings:
        deliver(settings)
        forget_what_came_after(settings, APRIL)
        transform.build_marts(APRIL.isoformat())
        return settings


@pytest.fixture(scope="session")
def july_moved(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The training sets of a July in which May and June went otherwise."""
    with at_home(tmp_path_factory.mktemp("july_moved")) as settings:
        deliver(settings)
        move_what_came_after(settings)
        chosen = ["run", "--select", "+mart_purchase_training", "+mart_churn_training"]
        transform.invoke(chosen, as_of=JULY.isoformat(), settings=settings)
        return settings


@pytest.fixture(scope="session")
def july_without_feeds(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The last day of a company whose web site and marketing never delivered."""
    return build(tmp_path_factory.mktemp("july_without_feeds"), JULY, feeds=())


@pytest.fixture(scope="session")
def manifest(july: Settings) -> dict[str, Any]:
    """What dbt knows about the project."""
    transform.invoke(["--write-json", "parse"], as_of=JULY.isoformat(), settings=july)
    text = (july.dbt / "target" / "manifest.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project, parsed for building it over and over."""
    return Project(tmp_path_factory.mktemp("parsed"))

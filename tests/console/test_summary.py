"""The terminal summary shows segments, churn, rows, seconds and places."""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from include.console.summary import BY_RULE, summarise
from tests.console.conftest import Publication

PLACES = {"Report": Path("/home/ada/reports/2018-01-02/index.html")}


def printed(published: Publication, width: int = 120) -> str:
    """Return the summary as a terminal of ``width`` columns shows it."""
    output = io.StringIO()
    Console(file=output, width=width).print(
        summarise(
            published=published.path,
            stage_seconds={"land_extracts.land_shop_orders": 3.14, "build_marts": 10.0},
            places=PLACES,
        )
    )
    return output.getvalue()


@pytest.fixture(scope="module")
def summary(whole: Publication) -> str:
    """The summary of the publication as it is."""
    return printed(whole)


@pytest.mark.parametrize(
    "line",
    [
        r"Quiet ones\s+2\s+66.7%\s+110 d\s+6\s+260\s+62.5%",
        r"Best customers\s+1\s+33.3%\s+1 d\s+40\s+3,000\s+5.0%",
        r"Model\s+0.900\s+0.1200",
        r"Recency alone\s+0.700\s+\S$",
        r"shop.order_lines\s+1,493\s+7",
        r"Land shop orders\s+3.1",
        r"All\s+13.1",
        r"1 promise kept, 1 warning, 0 broken",
        r"Report\s+/home/ada/reports/2018-01-02/index.html",
    ],
)
def test_the_summary_shows(summary: str, line: str) -> None:
    assert re.search(line, summary, flags=re.MULTILINE)


def test_a_name_with_markup_is_shown_as_it_is(published: Publication) -> None:
    published.change("UPDATE ml.segment_profiles SET segment_name = '[red]Reds[/red]'")
    assert "[red]Reds[/red]" in printed(published)


def test_segments_by_rule_are_said_to_be(summary: str, published: Publication) -> None:
    published.change("UPDATE ml.segment_profiles SET model_version = 'rules'")
    assert BY_RULE in printed(published)
    assert BY_RULE not in summary


def test_without_models_the_summary_says_so(published: Publication) -> None:
    published.change("DROP TABLE ml.segment_profiles; DROP TABLE ml.model_metrics")
    assert "No segments were learnt for this day." in printed(published)


def test_a_path_is_whole_on_a_narrow_terminal(published: Publication) -> None:
    text = printed(published, width=40).replace("\n", "")
    assert "/home/ada/reports/2018-01-02/index.html" in text

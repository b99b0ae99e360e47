"""RFM's options: what is asked for wrongly is refused with the words that mend it."""

from typing import Any

import pytest

from include.settings import CHECKOUT, Settings
from tests.dbt_project.company import refusal

DESCENDING = {"recency_days": [120, 60, 30, 14]}
TOO_FEW = {"recency_days": [14, 30, 60]}


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"rfm_scoring": "deciles"}, "it can be quintiles"),
        (
            {"rfm_scoring": "cut_points", "rfm_cut_points": DESCENDING},
            "has [120, 60, 30, 14] for recency_days. Five scores need four bounds in ascending",
        ),
        (
            {"rfm_scoring": "cut_points", "rfm_cut_points": TOO_FEW},
            "has [14, 30, 60] for recency_days",
        ),
    ],
)
def test_scores_nobody_can_mean_are_refused(
    july: Settings, variables: dict[str, Any], said: str
) -> None:
    assert said in refusal(july, "mart_customer_rfm", **variables)


def test_there_are_eleven_names() -> None:
    rules = (CHECKOUT / "dbt_project" / "seeds" / "rfm_segments.csv").read_text(encoding="utf-8")
    names = [line.split(",")[0] for line in rules.splitlines()[1:]]
    assert len(set(names)) == len(names) == 11

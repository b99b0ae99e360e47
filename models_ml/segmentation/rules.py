"""Rules: RFM segments, openly labelled, for days on which no clusters can be relied on."""

import csv
from functools import cache

import polars as pl

from models_ml.segmentation.model import Segment
from models_ml.segmentation.naming import SEEDS

VERSION = "rules"

ACTIONS = {
    "Champions": "Reward, and ask for referrals.",
    "Loyal Customers": "Thank; introduce further categories.",
    "Potential Loyalists": "Offer membership; recommend what similar customers buy.",
    "New Customers": "Welcome series; make the second order easy.",
    "Promising": "Stay in mind; a small first-month benefit.",
    "Need Attention": "A time-limited offer on what they used to buy.",
    "About To Sleep": "A reminder with popular products.",
    "At Risk": "A personal win-back message.",
    "Cannot Lose Them": "A call or a strong offer; ask what went wrong.",
    "Hibernating": "One reminder a season.",
    "Lost": "Leave in peace, or try once with the strongest offer.",
}


@cache
def descriptions() -> dict[str, str]:
    """Return what the seed of RFM rules says of each segment."""
    with (SEEDS / "rfm_segments.csv").open(encoding="utf-8", newline="") as seed:
        return {row["rfm_segment"]: row["description"] for row in csv.DictReader(seed)}


def rule_segments(names: pl.Series) -> tuple[Segment, ...]:
    """Return the RFM segments in ``names``; each id is its name, so it never means another."""
    return tuple(
        Segment(
            segment_id="R-" + name.lower().replace(" ", "-"),
            name=name,
            description=f"{descriptions().get(name, '')} By rule, not by clusters.".strip(),
            suggested_action=ACTIONS.get(name, "See the RFM rules."),
        )
        for name in names.unique().sort().to_list()
    )

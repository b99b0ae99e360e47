"""Names and reasons: what people read is unique, true, and comes from a table they may edit."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models_ml.segmentation.naming import RuleError, choose_name, name_rules, still_fits
from models_ml.segmentation.profile import (
    STANDING_COLUMNS,
    TRAIT_COLUMNS,
    explained_shares,
    reasons,
)

MIDDLE = dict.fromkeys(STANDING_COLUMNS, 0.5)


@pytest.mark.parametrize(
    ("standing", "name"),
    [
        ({"spend_365d_amount": 0.9, "coupons_redeemed_90d": 0.9}, "Coupon-loving best customers"),
        ({"spend_365d_amount": 0.9, "recency_days": 0.2}, "High-value loyal"),
        (
            {"recency_days": 0.9, "spend_365d_amount": 0.1, "coupon_share": 0.1},
            "Lapsed low spenders",
        ),
        ({"discount_share": 0.9}, "Bargain seekers"),
        ({"orders_90d": 0.8, "average_order_amount": 0.2}, "Frequent small baskets"),
    ],
)
def test_the_name_follows_from_the_profile(standing: dict[str, float], name: str) -> None:
    assert choose_name({**MIDDLE, **standing}, set()).name == name


def test_every_profile_has_a_name() -> None:
    random = np.random.default_rng(1)
    profiles = [
        dict(zip(STANDING_COLUMNS, row, strict=True))
        for row in random.random((500, len(STANDING_COLUMNS))).tolist()
    ]

    found = {choose_name(profile, set()).name for profile in profiles}

    assert len(found) > 5
    assert found <= {name.name for name in name_rules()}


def test_equal_profiles_get_different_names() -> None:
    taken: list[str] = []
    for _ in range(8):
        taken.append(choose_name({**MIDDLE, "average_order_amount": 0.1}, taken).name)

    assert len(set(taken)) == 8
    assert taken[1] == f"{taken[0]}, small baskets"


@pytest.mark.parametrize(
    ("name", "standing"),
    [
        (
            "Coupon-loving best customers",
            {"spend_365d_amount": 0.9, "coupons_redeemed_90d": 0.9, "coupon_share": 0.9},
        ),
        ("Bargain seekers", {"discount_share": 0.9}),
    ],
)
def test_a_second_name_does_not_say_the_first_ones_words_again(
    name: str, standing: dict[str, float]
) -> None:
    profile = {**MIDDLE, **standing, "private_label_share": 0.9}

    assert choose_name(profile, {name}).name == f"{name}, private label"


def test_a_name_is_kept_while_it_is_nearly_true() -> None:
    loyal = {**MIDDLE, "spend_365d_amount": 0.7, "recency_days": 0.65}

    assert still_fits("High-value loyal", loyal, slack=0.1)
    assert not still_fits("High-value loyal", {**loyal, "spend_365d_amount": 0.5}, slack=0.1)
    assert not still_fits("High-value loyal, frequent", MIDDLE, slack=0.1)
    assert still_fits("Weekend families", MIDDLE, slack=0.1), "a person's name is nobody's rule"


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("10,Big,spend_365d_amount > 0.5,,", "line 2: 'spend_365d_amount > 0.5' is no condition"),
        ("10,Big,spendings >= 0.5,,", "line 2: 'spendings' is no trait. Known are spend_365d"),
        ("ten,Big,,,", "every row needs a whole number"),
        ("10,,,,", "line 2: segment_name is empty"),
        ("10,Big,spend_365d_amount >= 0.5,,", "the last row must have no conditions"),
    ],
)
def test_a_rule_that_cannot_be_used_says_where_and_why(
    tmp_path: Path, row: str, complaint: str
) -> None:
    file = tmp_path / "names.csv"
    header = "priority,segment_name,conditions,description,suggested_action"
    file.write_text(f"{header}\n{row}\n")

    with pytest.raises(RuleError, match=re.escape(complaint)):
        name_rules(file)


def test_reasons_are_the_three_most_uncommon_traits_in_words() -> None:
    rows = 101
    usual = {column: [1.0 + 0.001 * n for n in range(rows)] for column in TRAIT_COLUMNS}
    customers = pl.DataFrame(usual).with_columns(
        spend_365d_amount=pl.Series([31.0, *[10.0 + 0.01 * n for n in range(rows - 1)]]),
        coupons_redeemed_90d=pl.Series([5.0, *[0.0] * (rows - 1)]),
    )

    first = reasons(customers)[0].split("; ")

    assert len(first) == 3
    assert "spends 3\N{MULTIPLICATION SIGN} the median" in [r.replace(".0", "") for r in first]
    assert "redeemed campaign coupons lately" in first


def test_reasons_do_not_stumble_over_what_is_not_known() -> None:
    customers = pl.DataFrame(
        {column: [None, None] for column in TRAIT_COLUMNS},
        schema=dict.fromkeys(TRAIT_COLUMNS, pl.Float64),
    )

    assert reasons(customers).null_count() == 0


def test_a_trait_that_segments_share_explains_nothing() -> None:
    customers = pl.DataFrame(
        {column: [1.0, 2.0, 1.0, 2.0] for column in TRAIT_COLUMNS}
    ).with_columns(spend_365d_amount=pl.Series([1.0, 1.0, 9.0, 9.0]))

    shares = explained_shares(customers, np.array([0, 0, 1, 1]))

    assert shares["spend_365d_amount"] == 1
    assert shares["recency_days"] == 0

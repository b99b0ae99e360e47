"""Profile: what a segment is like beside everyone, and why a customer is in it, in words. Pure."""

from dataclasses import dataclass
from functools import reduce

import numpy as np
import polars as pl

from models_ml.segmentation.assign import UNSEGMENTED
from models_ml.segmentation.features import NORMAL_IQR, Matrix
from models_ml.segmentation.tree import Labels


@dataclass(frozen=True, kw_only=True)
class Trait:
    """A column people understand, and how to say that a customer has much or little of it.

    ``ratio`` is said where the median of all is above zero, and a multiple of it makes sense.
    """

    column: str
    much: str
    little: str
    ratio: str = ""


TRAITS = (
    Trait(
        column="spend_365d_amount",
        much="spends a lot",
        little="spends little",
        ratio="spends {} the median",
    ),
    Trait(
        column="orders_90d",
        much="orders often",
        little="orders seldom",
        ratio="orders {} as often as the median",
    ),
    Trait(
        column="recency_days",
        much="last ordered long ago",
        little="ordered very recently",
        ratio="last ordered {} as long ago as the median",
    ),
    Trait(
        column="average_order_amount",
        much="fills large baskets",
        little="fills small baskets",
        ratio="average basket {} the median",
    ),
    Trait(
        column="coupon_share",
        much="pays much with coupons",
        little="does not use coupons",
        ratio="coupon share {} the median",
    ),
    Trait(
        column="coupons_redeemed_90d",
        much="redeemed campaign coupons lately",
        little="redeemed no campaign coupon lately",
    ),
    Trait(
        column="discount_share",
        much="buys on discount",
        little="buys at full price",
        ratio="discount share {} the median",
    ),
    Trait(
        column="private_label_share",
        much="prefers private label",
        little="prefers national brands",
        ratio="private label share {} the median",
    ),
    Trait(
        column="distinct_categories_90d",
        much="shops across many categories",
        little="shops in few categories",
        ratio="shops {} as many categories as the median",
    ),
)
TRAIT_COLUMNS = tuple(trait.column for trait in TRAITS)
STANDING_COLUMNS = (*TRAIT_COLUMNS, "tenure_days")
REASONS = 3
FAR_OUT = 4.0  # robust deviations; beyond, one customer would shrink the picture of all others
TIMES = "\N{MULTIPLICATION SIGN}"
NEAR_LOW, NEAR_HIGH = 0.95, 1.05  # multiples of the median that are no news
NEXT_TO_NOTHING = 0.05  # a multiple that rounds to none
WHOLE_FROM = 10  # multiples from here on need no decimals


def traits(customers: pl.DataFrame, columns: tuple[str, ...] = TRAIT_COLUMNS) -> pl.DataFrame:
    """Return the traits as numbers; what is not known is nothing out of the ordinary (median)."""
    known = customers.select(pl.col(column).cast(pl.Float64) for column in columns)
    return known.select(pl.all().fill_null(pl.all().median()).fill_null(0.0))


def robust_z(known: pl.DataFrame) -> Matrix:
    """Return how far out of the ordinary each customer's traits are, in robust deviations.

    Taken on a log scale, so that three times and a third of the median weigh the same.
    """
    values = np.log1p(known.to_numpy().clip(min=0))
    low, middle, high = np.percentile(values, [25, 50, 75], axis=0)
    spread = (high - low) / NORMAL_IQR
    spread = np.where(spread > 0, spread, values.std(axis=0))
    scores: Matrix = np.round((values - middle) / np.where(spread > 0, spread, 1.0), 6)
    return scores


def likeness(customers: pl.DataFrame) -> Matrix:
    """Return what the picture is a shadow of: the traits, with the far-out drawn in."""
    drawn_in: Matrix = robust_z(traits(customers)).clip(-FAR_OUT, FAR_OUT)
    return drawn_in


def standings(customers: pl.DataFrame, segment: Labels, segments: int) -> list[dict[str, float]]:
    """Return for each segment, and trait, where its median customer stands among all (0 to 1).

    A segment without members stands nowhere: NaN.
    """
    known = traits(customers, STANDING_COLUMNS)
    ranks = known.select((pl.all().rank("average") - 0.5) / pl.len()).to_numpy()
    medians = [
        np.median(ranks[segment == s], axis=0)
        if (segment == s).any()
        else np.full(known.width, np.nan)
        for s in range(segments)
    ]
    return [dict(zip(STANDING_COLUMNS, median.tolist(), strict=True)) for median in medians]


def explained_shares(customers: pl.DataFrame, segment: Labels) -> dict[str, float]:
    """Return for each trait how much of its variance lies between segments (eta squared)."""
    scores = robust_z(traits(customers))
    members = segment != UNSEGMENTED
    scores, labels = scores[members], segment[members]
    sizes = np.bincount(labels)
    present = sizes > 0
    total = ((scores - scores.mean(axis=0)) ** 2).sum(axis=0)
    sums = np.array([np.bincount(labels, weights=column) for column in scores.T])[:, present]
    means = sums / sizes[present]
    between = (sizes[present] * (means - scores.mean(axis=0)[:, None]) ** 2).sum(axis=1)
    shares = np.divide(between, total, out=np.zeros_like(total), where=total > 0)
    return dict(zip(TRAIT_COLUMNS, np.round(shares, 6).tolist(), strict=True))


def reasons(customers: pl.DataFrame) -> pl.Series:
    """Return for each customer the three most uncommon traits, in words."""
    known = traits(customers)
    scores = robust_z(known)
    strongest = np.argsort(-np.abs(scores), axis=1, kind="stable")[:, :REASONS]
    medians = known.median().row(0)
    phrases = pl.DataFrame(
        {
            trait.column: known.select(_phrase(trait, median)).to_series()
            for trait, median in zip(TRAITS, medians, strict=True)
        }
    )
    spoken = phrases.select(
        pl.concat_list(
            *[_picked(strongest[:, place]) for place in range(REASONS)],
        ).list.join("; ")
    )
    return spoken.to_series().alias("reasons")


def _picked(which: Labels) -> pl.Expr:
    """Return the phrase of the trait whose position ``which`` names, row by row."""
    position = pl.lit(pl.Series(which))
    return reduce(
        lambda otherwise, i: (
            pl.when(position == i).then(pl.col(TRAIT_COLUMNS[i])).otherwise(otherwise)
        ),
        range(1, len(TRAITS)),
        pl.col(TRAIT_COLUMNS[0]),
    )


def _phrase(trait: Trait, median: float) -> pl.Expr:
    """Return the words for a trait: a multiple of the median, or much and little."""
    value = pl.col(trait.column)
    usual = trait.column.replace("_", " ") + " as usual"
    high, low = (NEAR_HIGH * median, NEAR_LOW * median) if trait.ratio else (median, median)
    words = (
        pl.when(value > high)
        .then(pl.lit(trait.much))
        .when(value < low)
        .then(pl.lit(trait.little))
        .otherwise(pl.lit(usual))
    )
    if not trait.ratio or median <= 0:
        return words
    before, after = trait.ratio.split("{}")
    multiple = value / median
    whole = multiple.round(0).cast(pl.Int64).cast(pl.String)
    exact = multiple.round(1).cast(pl.String)
    shown = pl.when(multiple >= WHOLE_FROM).then(whole).otherwise(exact)
    said = pl.concat_str(pl.lit(before), shown, pl.lit(TIMES + after))
    plain = multiple.is_between(NEAR_LOW, NEAR_HIGH) | (multiple < NEXT_TO_NOTHING)
    return pl.when(plain).then(words).otherwise(said)

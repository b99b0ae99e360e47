"""Traits: what each customer is like, drawn around planted segments, or around none.

A trait is drawn on a scale without bounds: the logarithm of a rate, the log odds of a share. There
a segment is one round cloud with Student's tails (df 6) about its centre; through exponential and
logistic the clouds get the skew and the heavy tails that real behaviour has.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from include.demo.synthetic.plan import Flags, Floats, Ints, Plan, Random

RATES = ("orders_per_year", "lines_per_order", "price_factor", "visits_per_year", "churn_per_year")
SHARES = (
    "web_share",
    "discount_share",
    "response_share",
    "focus_share",
    "weekend_share",
    "return_share",
)
TRAITS = (*RATES, *SHARES)
FRINGE = "Fringe"  # nobody's segment: spread over the whole space
FRINGE_SHARE = 0.05
SPREAD = {"easy": 0.18, "hard": 0.42}  # of a segment on the scale of its traits
TAIL = 6.0  # degrees of freedom
LIMITS = {  # a rate beyond these is no customer
    "orders_per_year": (0.05, 250.0),
    "lines_per_order": (1.0, 25.0),
    "price_factor": (0.2, 8.0),
    "visits_per_year": (0.1, 300.0),
    "churn_per_year": (0.01, 12.0),
}

# One row a segment: its share of the customers, then the middle of each trait in TRAITS' order.
SEGMENTS = pl.DataFrame(
    [
        ("Weekly Regulars", 0.14, 20, 6.0, 1.0, 13, 0.10, 0.15, 0.35, 0.15, 0.20, 0.30, 0.02),
        ("Big Spenders", 0.08, 9, 5.0, 3.0, 17, 0.20, 0.60, 0.08, 0.10, 0.35, 0.45, 0.06),
        ("Bargain Hunters", 0.16, 6, 3.0, 0.6, 24, 0.60, 0.50, 0.75, 0.50, 0.20, 0.35, 0.04),
        ("Window Shoppers", 0.15, 1.6, 1.6, 1.3, 34, 0.80, 0.85, 0.30, 0.15, 0.30, 0.40, 0.10),
        ("Gift Givers", 0.13, 2.2, 3.5, 2.0, 4, 0.40, 0.45, 0.15, 0.08, 0.15, 0.65, 0.08),
        ("Specialists", 0.12, 9, 2.0, 1.6, 9, 0.15, 0.35, 0.10, 0.06, 0.85, 0.25, 0.03),
        ("Passers-by", 0.17, 1.3, 1.3, 0.9, 3, 3.00, 0.25, 0.45, 0.05, 0.40, 0.35, 0.05),
    ],
    schema=["segment", "share", *TRAITS],
    orient="row",
)


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What each customer is like: one array a trait, and the segment's number (-1: fringe)."""

    values: dict[str, Floats]
    segment: Ints

    def __getitem__(self, trait: str) -> Floats:
        """Return one trait of every customer."""
        return self.values[trait]

    def names(self, *, is_planted: bool) -> pl.Series:
        """Return each customer's segment by name; null everywhere where none was planted."""
        names = pl.Series("segment", [*SEGMENTS["segment"], FRINGE], dtype=pl.String)
        if not is_planted:
            return pl.repeat(None, len(self.segment), dtype=pl.String, eager=True)
        return names.gather(np.where(self.segment < 0, SEGMENTS.height, self.segment))


def draw_traits(plan: Plan) -> Traits:
    """Draw every customer's traits.

    With structure ``none`` they come from one cloud that has the mean and the covariance of the
    easy company's: the same typical customer, spread and correlations, and no segments. (Margins
    are equal in mean and variance; the humps of a mixture's own margins would be structure.)
    """
    random = plan.random("traits")
    spread = SPREAD["easy" if plan.structure == "none" else plan.structure]
    cloud, segment = planted(plan.customers, spread, random)
    if plan.structure == "none":
        cloud = shapeless(plan.customers, random)
        segment = np.full(plan.customers, -1)
    return Traits(values=natural(cloud), segment=segment)


def centres() -> Floats:
    """Return the segments' middles on the scale without bounds, shape ``(segments, traits)``."""
    rates = np.log(SEGMENTS.select(RATES).to_numpy().astype(float))
    shares = SEGMENTS.select(SHARES).to_numpy().astype(float)
    return np.hstack([rates, np.log(shares / (1 - shares))])


def planted(count: int, spread: float, random: Random) -> tuple[Floats, Ints]:
    """Draw ``count`` customers about the segments' middles; and which segment each is of."""
    middles = centres()
    weights = np.append(SEGMENTS["share"].to_numpy(), FRINGE_SHARE)
    segment = random.choice(len(weights), count, p=weights)
    is_fringe: Flags = segment == len(middles)
    noise = random.standard_normal((count, len(TRAITS)))
    noise *= np.sqrt(TAIL / random.chisquare(TAIL, count))[:, None]
    own = middles[np.minimum(segment, len(middles) - 1)] + spread * noise
    fringe = middles.mean(axis=0) + 1.2 * middles.std(axis=0) * noise
    return np.where(is_fringe[:, None], fringe, own), np.where(is_fringe, -1, segment)


def shapeless(count: int, random: Random) -> Floats:
    """Draw ``count`` customers from one cloud with the moments of the planted mixture.

    Products are summed by einsum: BLAS would round them by the number of its threads.
    """
    example, _ = planted(50_000, SPREAD["easy"], np.random.default_rng(0))
    middle = example.mean(axis=0)
    covariance = np.einsum("ni,nj->ij", example - middle, example - middle) / len(example)
    drawn = random.standard_normal((count, len(TRAITS)))
    cloud: Floats = np.einsum("nj,ij->ni", drawn, np.linalg.cholesky(covariance)) + middle
    return cloud


def natural(cloud: Floats) -> dict[str, Floats]:
    """Return the traits in their own units: rates a year, shares between 0 and 1."""
    columns = dict(zip(TRAITS, cloud.T, strict=True))
    rates = {name: np.clip(np.exp(columns[name]), *LIMITS[name]) for name in RATES}
    return rates | {name: 1 / (1 + np.exp(-columns[name])) for name in SHARES}

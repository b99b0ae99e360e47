"""Companies with a known truth: customers of planted kinds, and customers of no kind at all.

Twelve features under the names of the mart's columns: heavy-tailed amounts, whole counts with
many zeros, shares. Everything is drawn in vectors from a seed. A company is its kinds (``seed``);
``draw`` draws its customers, so that the same company can be seen again, with others or later.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import expit
from scipy.stats import rankdata

from models_ml.segmentation.config import Feature, SegmentationConfig

Values = npt.NDArray[np.float64]
Truth = npt.NDArray[np.int64]

SEED = 1
NOBODYS = -1  # customers of no kind, in a planted company
WOBBLE = 0.1  # of a kind's width, from month to month
TAIL = 6.0  # degrees of freedom of Student's t: tails far heavier than normal

# column, kind, scale and level of the latent number behind it
COLUMNS: tuple[tuple[str, str, float, float], ...] = (
    ("spend_30d_amount", "amount", 0.60, 3.5),
    ("spend_365d_amount", "amount", 0.60, 6.0),
    ("average_order_amount", "amount", 0.50, 3.0),
    ("items_per_order", "amount", 0.40, 2.0),
    ("orders_90d", "count", 0.45, 2.0),
    ("orders_365d", "count", 0.45, 3.2),
    ("recency_days", "count", 0.50, 2.5),
    ("distinct_categories_90d", "count", 0.45, 2.2),
    ("coupons_redeemed_90d", "count", 0.50, 1.2),
    ("coupon_share", "share", 0.60, -1.5),
    ("discount_share", "share", 0.60, -1.0),
    ("private_label_share", "share", 0.60, -0.5),
)
FEATURES = tuple(
    Feature(
        column=name,
        transform="identity" if kind == "share" else "log1p",
        is_count=kind == "count",
    )
    for name, kind, _, _ in COLUMNS
)
CONFIG = replace(SegmentationConfig(), features=FEATURES)


@dataclass(frozen=True, kw_only=True)
class Company:
    """The kinds of customers there are: centres (kinds by features), sizes, widths, one shape."""

    centres: Values
    shares: Values
    widths: Values
    shape: Values


def plant(*, seed: int, kinds: int = 8, apart: float = 7.0) -> Company:
    """Return a company of ``kinds``; ``apart`` is the distance of centres from the middle."""
    random = np.random.default_rng([seed, 0])
    far = _spread_out(random, kinds)
    shares = np.maximum(random.dirichlet(np.full(kinds, 5.0)), 0.05)
    mixed = random.normal(size=(len(COLUMNS), len(COLUMNS)))
    covariance = 0.7 * np.eye(len(COLUMNS)) + 0.3 * mixed @ mixed.T / len(COLUMNS)
    return Company(
        centres=apart * far,
        shares=shares / shares.sum(),
        widths=random.uniform(0.8, 1.2, kinds),
        shape=np.linalg.cholesky(covariance).astype(np.float64),
    )


def choose_kinds(company: Company, customers: int, *, seed: int, nobodys: float = 0.03) -> Truth:
    """Return the kind of each customer; a few are of no kind."""
    random = np.random.default_rng([seed, 1])
    kinds = random.choice(len(company.shares), customers, p=company.shares)
    return np.where(random.random(customers) < nobodys, NOBODYS, kinds)


def draw(
    company: Company, customers: int, *, seed: int, first_id: int = 0
) -> tuple[pl.DataFrame, Truth]:
    """Return customers of ``company`` as they are seen once, and the kind of each."""
    kinds = choose_kinds(company, customers, seed=seed)
    return observe(company, kinds, seed=seed, first_id=first_id), kinds


def observe(
    company: Company, kinds: Truth, *, seed: int, month: int = 0, first_id: int = 0
) -> pl.DataFrame:
    """Return customers of these kinds as a month shows them.

    A customer's place within a kind lasts (``seed``); each month moves it a little.
    """
    random = np.random.default_rng([seed, 3])
    place = _tailed(random, len(kinds), company.shape)
    everywhere = 4.0 * random.normal(size=place.shape)
    wobble = WOBBLE * np.random.default_rng([seed, 4, month]).normal(size=place.shape)
    latent = place * company.widths[kinds, None] + company.centres[kinds]
    latent = np.where(kinds[:, None] == NOBODYS, everywhere, latent) + wobble
    return as_mart(_measured(latent), first_id)


def draw_null(customers: int, *, seed: int) -> pl.DataFrame:
    """Return customers of no kind: a correlated continuum with heavy tails and whole counts.

    Every second company has the margins of a planted one (the same values, their order redrawn),
    so that single features may have several peaks though their crossings mean nothing.
    """
    random = np.random.default_rng([seed, 2])
    like = plant(seed=seed, apart=6.0)
    if seed % 2:
        mixed = random.normal(size=(len(COLUMNS), 3))
        mixing = mixed @ mixed.T / 2 + 0.5 * np.eye(len(COLUMNS))
        shape: Values = np.linalg.cholesky(mixing).astype(np.float64)
        return as_mart(_measured(_tailed(random, customers, shape)), 0)
    planted = draw(like, customers, seed=seed)[0].select(f.column for f in FEATURES).to_numpy()
    ranks = rankdata(planted, axis=0)
    correlation = np.corrcoef(ranks.T) + 1e-9 * np.eye(len(COLUMNS))
    shape = np.linalg.cholesky(correlation).astype(np.float64)
    places = _tailed(random, customers, shape).argsort(axis=0)
    redrawn = np.empty_like(planted)
    np.put_along_axis(redrawn, places, np.sort(planted, axis=0), axis=0)
    return as_mart(redrawn, 0)


def as_mart(values: Values, first_id: int) -> pl.DataFrame:
    """Return the values under the mart's names, with ids that say nothing of the kind."""
    ids = pl.int_range(first_id, first_id + len(values), eager=True)
    columns = dict(zip((name for name, *_ in COLUMNS), values.T, strict=True))
    return pl.DataFrame(columns).select(
        ids.cast(pl.String).str.zfill(9).alias("customer_id"),
        pl.all(),
        pl.lit(365.0).alias("tenure_days"),
    )


def _tailed(random: np.random.Generator, rows: int, shape: Values) -> Values:
    """Return Student's t with correlations: a normal, now and then all of it far out."""
    normal = random.normal(size=(rows, len(shape))) @ shape.T
    tailed: Values = normal * np.sqrt((TAIL - 2) / random.chisquare(TAIL, size=(rows, 1)))
    return tailed


def _measured(latent: Values) -> Values:
    """Return what a company would see of the latent numbers: amounts, whole counts, shares."""
    seen = np.empty_like(latent)
    for place, (_, kind, scale, level) in enumerate(COLUMNS):
        moved = scale * latent[:, place] + level
        if kind == "share":
            seen[:, place] = expit(moved)
        else:
            seen[:, place] = np.exp(np.minimum(moved, 20.0))
        if kind == "count":
            seen[:, place] = np.floor(seen[:, place])
    return seen


def _spread_out(random: np.random.Generator, kinds: int) -> Values:
    """Return unit vectors far from each other: each the farthest of many from those before."""
    many = random.normal(size=(50 * kinds, len(COLUMNS)))
    many /= np.linalg.norm(many, axis=1, keepdims=True)
    chosen = [0]
    while len(chosen) < kinds:
        gaps = np.linalg.norm(many[:, None] - many[chosen][None], axis=2).min(axis=1)
        chosen.append(int(gaps.argmax()))
    found: Values = many[chosen]
    return found

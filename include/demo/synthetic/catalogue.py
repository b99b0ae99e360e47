"""Catalogue: what the synthetic company sells, and what a customer takes off its shelves."""

import numpy as np
import polars as pl

from include.demo.synthetic.plan import Floats, Ints, Plan, Random

DEPARTMENTS = (
    "BAKERY", "BEAUTY", "BOOKS", "COFFEE", "DAIRY", "DELI", "DRINKS", "ELECTRONICS", "FROZEN",
    "GARDEN", "GROCERY", "HOME", "KIDS", "MEAT", "OFFICE", "PET", "PRODUCE", "SEAFOOD", "SPORT",
    "TOYS",
)  # fmt: skip
PER_DEPARTMENT = 500
CATEGORIES_EACH = 10  # of a department
PRODUCTS = len(DEPARTMENTS) * PER_DEPARTMENT
PRIVATE_SHARE = 0.25
POPULARITY = 1 / np.arange(1, len(DEPARTMENTS) + 1) ** 0.7  # the first department sells most


def prices(plan: Plan) -> Ints:
    """Return each product's price in cents, shape ``(PRODUCTS,)``: log-normal, about 3.60."""
    drawn = np.exp(plan.random("prices").normal(1.28, 0.7, PRODUCTS))
    cents: Ints = np.clip(100 * drawn, 29, 20_000).astype(np.int64)
    return cents


def products(plan: Plan) -> pl.DataFrame:
    """Return the whole catalogue, one row a product."""
    number = np.arange(PRODUCTS)
    department = pl.Series(DEPARTMENTS).gather(number // PER_DEPARTMENT)
    within = number % PER_DEPARTMENT
    random = plan.random("catalogue")
    category = department + " " + pl.Series(within % CATEGORIES_EACH + 1).cast(pl.String)
    return pl.DataFrame(
        {
            "product_id": product_ids(pl.Series(number)),
            "manufacturer_id": "m" + pl.Series(random.integers(400, size=PRODUCTS)).cast(pl.String),
            "department": department,
            "brand": np.where(random.random(PRODUCTS) < PRIVATE_SHARE, "Private", "National"),
            "product_category": category,
            "product_type": category + " " + pl.Series(within // 50).cast(pl.String),
            "package_size": pl.Series(["EACH", "500 G", "1 L", "6 PK"]).gather(within % 4),
        }
    )


def product_ids(numbers: pl.Series) -> pl.Series:
    """Return products' ids from their numbers."""
    return "p" + numbers.cast(pl.String).str.zfill(5)


def departments(count: int, random: Random) -> Ints:
    """Draw departments as the whole town buys from them."""
    return random.choice(len(DEPARTMENTS), count, p=POPULARITY / POPULARITY.sum())


def choose(favourite: Ints, focus: Floats, random: Random) -> Ints:
    """Draw a product for each row: ``focus`` of them from the favourite department.

    Within a department the first products sell best: half of what is sold are the first sixth.
    """
    count = len(favourite)
    is_favourite = random.random(count) < focus
    department = np.where(is_favourite, favourite, departments(count, random))
    within = (PER_DEPARTMENT * random.random(count) ** 2.5).astype(np.int64)
    return department * PER_DEPARTMENT + within

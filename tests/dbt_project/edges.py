"""A company of edge cases: one customer each, delivered as files and landed through the door."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from include import transform
from include.demo.writing import write_delivery
from include.landing import land
from include.landing.contract import list_contracts
from include.settings import Settings
from tests.dbt_project.company import score

DAY = date(2024, 4, 2)
FIRST, FEBRUARY, MARCH = date(2024, 2, 1), date(2024, 3, 1), date(2024, 4, 1)
CUSTOMERS = [
    *("never", "once", "returner", "guest", "tie-a", "tie-b", "leap", "clock", "doubled", "late"),
    *("merged", "old"),
]
# order, customer, quantity, amount, when: of one line each
FIRST_LINES = [("o-old", "old", 1, 10, "2023-11-01 12:00:00")]
FEBRUARY_LINES = [
    ("o-leap-1", "leap", 1, 10, "2024-02-28 12:00:00"),
    ("o-leap-2", "leap", 1, 20, "2024-02-29 23:59:59"),
]
MARCH_LINES = [
    ("o-once", "once", 1, 5, "2024-03-20 12:00:00"),
    ("o-return", "returner", -1, -5, "2024-03-21 12:00:00"),
    ("o-guest", None, 2, 40, "2024-03-22 12:00:00"),
    ("o-stranger", None, 1, 7, "2024-03-22 13:00:00"),
    ("o-old-guest", None, 1, 30, "2024-03-05 12:00:00"),
    ("o-tie-a", "tie-a", 1, 15, "2024-03-25 12:00:00"),
    ("o-tie-b", "tie-b", 1, 15, "2024-03-25 12:00:00"),
    # half past two was on no clock of Berlin, and in UTC it was
    ("o-clock", "clock", 1, 9, "2024-03-31 02:30:00"),
    ("o-doubled", "doubled", 1, 12, "2024-03-28 10:20:00"),
]
CONTACTS = [
    ("o-guest", "Guest@Example.com", "2024-03-22 12:00:00"),
    ("o-stranger", "stranger@example.com", "2024-03-22 13:00:00"),
    ("o-old-guest", "old@example.com", "2024-03-05 12:00:00"),
]
# event, visitor, customer, what, when
MARCH_EVENTS = [
    ("e-clock-1", "v-clock", "clock", "page_view", "2024-03-31 00:50:00"),
    ("e-clock-2", "v-clock", "clock", "page_view", "2024-03-31 01:20:00"),
    ("e-doubled-1", "v-doubled", "doubled", "page_view", "2024-03-28 10:00:00"),
    ("e-doubled-2", "v-doubled", "doubled", "add_to_cart", "2024-03-28 10:10:00"),
    ("e-doubled-3", "v-doubled", "doubled", "purchase", "2024-03-28 10:20:00"),
    ("e-late-1", "v-late", "late", "page_view", "2024-03-29 10:00:00"),
    ("e-late-3", "v-late", "late", "page_view", "2024-03-29 10:50:00"),
    ("e-merged-1", "v-merged", None, "product_view", "2024-03-10 10:00:00"),
    ("e-merged-2", "v-merged", "merged", "page_view", "2024-03-25 10:00:00"),
    ("e-nobody", "v-nobody", None, "page_view", "2024-03-30 10:00:00"),
]
# The day after brings what was late, and brings again what had come.
NEXT_DAY_EVENTS = [
    *MARCH_EVENTS[2:5],
    ("e-late-2", "v-late", "late", "add_to_cart", "2024-03-29 10:25:00"),
]
NEXT_DAY_LINES = [MARCH_LINES[-1]]


def deliver(settings: Settings) -> None:
    """Write the files of four deliveries."""
    feeds = [
        ("shop/order_lines", "csv.gz", FIRST, lines(FIRST_LINES)),
        ("shop/order_lines", "csv.gz", FEBRUARY, lines(FEBRUARY_LINES)),
        ("shop/order_lines", "csv.gz", MARCH, lines(MARCH_LINES)),
        ("shop/order_lines", "csv.gz", DAY, lines(NEXT_DAY_LINES)),
        ("shop/order_contacts", "csv", MARCH, contacts()),
        ("shop/products", "jsonl", MARCH, products()),
        ("crm/customers", "csv", FIRST, customers()),
        ("crm/customers", "csv", MARCH, customers()),
        ("web/events", "parquet", MARCH, events(MARCH_EVENTS)),
        ("web/events", "parquet", DAY, events(NEXT_DAY_EVENTS)),
    ]
    for feed, suffix, day, rows in feeds:
        name = feed.rpartition("/")[2]
        write_delivery(settings.landing / feed / str(day) / f"{name}.{suffix}", rows)


def build(settings: Settings) -> dict[str, dict[str, int]]:
    """Land everything, build all marts with made-up answers of models; return what landed."""
    deliver(settings)
    landed = {c.name: land.run(c.name, DAY.isoformat()) for c in list_contracts()}
    transform.build_marts(DAY.isoformat())
    score(settings, DAY)
    transform.build_audiences(DAY.isoformat())
    return landed


def lines(told: Sequence[tuple[str, str | None, int, int, str]]) -> pl.DataFrame:
    """Order lines of milk."""
    nothing = pl.lit("0.00")
    return pl.DataFrame(
        told, schema=["order_id", "customer_id", "quantity", "sales_amount", "at"], orient="row"
    ).select(
        "order_id",
        pl.lit("milk").alias("product_id"),
        "customer_id",
        pl.lit("s1").alias("store_id"),
        "quantity",
        pl.format("{}.00", "sales_amount").alias("sales_amount"),
        nothing.alias("retail_discount_amount"),
        nothing.alias("coupon_discount_amount"),
        nothing.alias("coupon_match_discount_amount"),
        pl.col("at").alias("ordered_at"),
    )


def contacts() -> pl.DataFrame:
    """The addresses guests left."""
    return pl.DataFrame(CONTACTS, schema=["order_id", "email", "ordered_at"], orient="row")


def customers() -> pl.DataFrame:
    """The CRM's snapshot."""
    return pl.DataFrame({"customer_id": CUSTOMERS}).with_columns(
        pl.format("{}@example.com", "customer_id").alias("email"),
        pl.lit("2023-10-01").alias("created_date"),
        pl.lit("true").alias("marketing_consent"),
        pl.lit("2023-10-01").alias("consent_updated_date"),
        *(
            pl.lit("").alias(name)
            for name in (
                *("age_band", "income_band", "home_ownership", "marital_status"),
                *("household_size", "household_composition", "kids_count"),
            )
        ),
    )


def products() -> pl.DataFrame:
    """The catalogue: milk."""
    milk = {
        "product_id": "milk",
        "manufacturer_id": "m1",
        "department": "GROCERY",
        "brand": "National",
        "product_category": "DAIRY",
        "product_type": "MILK",
        "package_size": "1 L",
    }
    return pl.DataFrame([milk])


def events(told: Sequence[tuple[str, str, str | None, str, str]]) -> pl.DataFrame:
    """Web events of a telephone."""
    text = pl.lit(None, dtype=pl.String)
    return pl.DataFrame(
        told, schema=["event_id", "visitor_id", "customer_id", "event_type", "at"], orient="row"
    ).select(
        *("event_id", "visitor_id", "customer_id", "event_type"),
        pl.col("at").str.to_datetime(time_unit="us").alias("event_at"),
        pl.lit("/").alias("page_path"),
        pl.when(pl.col("event_type") == "add_to_cart").then(pl.lit("milk")).alias("product_id"),
        pl.when(pl.col("event_type") == "purchase").then(pl.lit("o-doubled")).alias("order_id"),
        pl.lit("mobile").alias("device_type"),
        *(text.alias(name) for name in ("referrer", "utm_source", "utm_medium", "utm_campaign")),
    )

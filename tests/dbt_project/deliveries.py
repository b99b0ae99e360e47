"""A fortnight of deliveries whose files come in any order, late, wrong at first, or not at all."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from include.settings import Settings
from include.warehouse import Connection, connect
from tests.dbt_project.company import LEDGER

FIRST = date(2025, 3, 1)
DAYS = 14
VISITORS, CUSTOMERS = 14, 6
HELD_BACK = 0.15  # of the events come with a later day's file
SCHEMAS = {
    "web.events": "event_id varchar, visitor_id varchar, customer_id varchar, event_type varchar, "
    "event_at timestamp, page_path varchar, product_id varchar, order_id varchar, "
    "device_type varchar, referrer varchar, utm_source varchar, utm_medium varchar, "
    "utm_campaign varchar",
    "shop.order_lines": "order_id varchar, product_id varchar, customer_id varchar, "
    "store_id varchar, quantity integer, sales_amount decimal(18,2), "
    "retail_discount_amount decimal(18,2), coupon_discount_amount decimal(18,2), "
    "coupon_match_discount_amount decimal(18,2), ordered_at timestamp",
    "shop.order_contacts": "order_id varchar, email varchar, ordered_at timestamp",
    "crm.identity_corrections": "correction_id varchar, identifier_type varchar, "
    "identifier varchar, customer_id varchar, decision varchar, decided_at timestamp, "
    "reason varchar",
    "crm.customers": "customer_id varchar, email varchar, created_date date, "
    "marketing_consent boolean, consent_updated_date date, age_band varchar, income_band varchar, "
    "home_ownership varchar, marital_status varchar, household_size varchar, "
    "household_composition varchar, kids_count varchar",
    "shop.products": "product_id varchar, manufacturer_id varchar, department varchar, "
    "brand varchar, product_category varchar, product_type varchar, package_size varchar",
}
EVENT_TYPES = ["page_view", "product_view", "search", "add_to_cart", "checkout", "purchase"]


@dataclass(frozen=True)
class File:
    """One delivered file."""

    feed: str
    delivered_on: date
    batch_id: str
    rows: pl.DataFrame


def files(seed: int) -> list[File]:
    """Every file of the fortnight, as it is in the end."""
    random = np.random.default_rng(seed)
    events = draw_events(random)
    orders = draw_orders(events)
    found = [*by_day("web.events", events), *by_day("shop.order_lines", orders)]
    guests = events.filter(pl.col("event_type") == "purchase").select(
        "order_id",
        email=pl.format(" Person{}@Example.com", pl.col("visitor_id").str.slice(1).cast(int) % 9),
        ordered_at="event_at",
        _delivered_on="_delivered_on",
    )
    found += by_day("shop.order_contacts", guests)
    for day in (0, 6):
        snapshot = pl.DataFrame({"customer_id": [f"c{n}" for n in range(CUSTOMERS)]}).with_columns(
            email=pl.format("person{}@example.com", pl.col("customer_id").str.slice(1)),
            created_date=pl.lit(FIRST),
            _delivered_on=pl.lit(FIRST + timedelta(days=day)),
        )
        found += by_day("crm.customers", snapshot)
    decisions = pl.DataFrame(
        {
            "correction_id": ["d1", "d2"],
            "identifier_type": ["visitor", "email"],
            "identifier": ["v1", "person8@example.com"],
            "customer_id": ["c1", "c2"],
            "decision": ["separate", "same"],
            "decided_at": [datetime(2025, 3, 8, 12), datetime(2025, 3, 9, 12)],  # noqa: DTZ001 - UTC
            "_delivered_on": [date(2025, 3, 9), date(2025, 3, 10)],
        }
    )
    return [*found, *by_day("crm.identity_corrections", decisions)]


def draw_events(random: np.random.Generator) -> pl.DataFrame:
    """Visits that run on, break off at about the gap, cross midnights and share browsers."""
    count = 900
    second = np.sort(random.integers(0, (DAYS - 1) * 86_400, count))
    second[::3] = second[1::3] - random.integers(1_700, 1_900, count // 3)  # about half an hour
    visitor = random.integers(VISITORS, size=count)
    customer = np.where(
        random.random(count) < 0.05, random.integers(CUSTOMERS, size=count), visitor
    )
    late = np.where(random.random(count) < HELD_BACK, random.integers(1, 5, count), 0)
    frame = pl.DataFrame({"n": np.arange(count), "second": np.maximum(second, 0)}).with_columns(
        event_id=pl.format("e{}", "n"),
        visitor_id=pl.format("v{}", pl.Series(visitor)),
        customer_id=pl.when(
            pl.Series(random.random(count) < 0.3) & pl.Series(customer < CUSTOMERS)
        ).then(pl.format("c{}", pl.Series(customer))),
        event_type=pl.Series(random.choice(EVENT_TYPES, count, p=[0.3, 0.3, 0.1, 0.15, 0.1, 0.05])),
        event_at=pl.lit(datetime(2025, 3, 1)) + pl.duration(seconds="second"),  # noqa: DTZ001 - UTC
        page_path=pl.format("/{}", pl.Series(random.integers(9, size=count))),
        device_type=pl.lit("mobile"),
        late=pl.Series(late),
    )
    return frame.with_columns(
        order_id=pl.when(pl.col("event_type") == "purchase").then(pl.format("o{}", "n")),
        _delivered_on=pl.col("event_at").dt.date() + pl.duration(days=pl.col("late") + 1),
    ).drop("n", "second", "late")


def draw_orders(events: pl.DataFrame) -> pl.DataFrame:
    """Two lines of each order, one of them in another day's file; every third order a guest's."""
    orders = events.filter(pl.col("event_type") == "purchase").with_row_index("n")
    lines = pl.concat([orders.with_columns(line=pl.lit(0)), orders.with_columns(line=pl.lit(1))])
    return lines.select(
        "order_id",
        product_id=pl.format("p{}", "line"),
        customer_id=pl.when(pl.col("n") % 3 > 0).then(pl.format("c{}", pl.col("n") % CUSTOMERS)),
        store_id=pl.lit("web"),
        quantity=pl.col("line").cast(pl.Int32) + 1,
        sales_amount=pl.lit("4.50").str.to_decimal(scale=2),
        retail_discount_amount=pl.lit("0.00").str.to_decimal(scale=2),
        coupon_discount_amount=pl.lit("0.00").str.to_decimal(scale=2),
        coupon_match_discount_amount=pl.lit("0.00").str.to_decimal(scale=2),
        ordered_at="event_at",
        _delivered_on=pl.col("_delivered_on") + pl.duration(days=2 * pl.col("line")),
    )


def events(told: list[tuple[str, str, str]]) -> pl.DataFrame:
    """Page views of 2 March: key, visitor and time of day of each."""
    return pl.DataFrame(
        {
            "event_id": [key for key, _, _ in told],
            "visitor_id": [visitor for _, visitor, _ in told],
            "event_type": "page_view",
            "event_at": [datetime.fromisoformat(f"2025-03-02 {at}") for _, _, at in told],
            "page_path": "/",
            "device_type": "mobile",
        }
    )


def by_day(feed: str, rows: pl.DataFrame) -> list[File]:
    """Cut rows into the files of their days."""
    return [
        File(feed, day, f"{feed}-{day}", group.drop("_delivered_on"))
        for (day,), group in sorted(rows.group_by("_delivered_on"))
        if isinstance(day, date)
    ]


def wrong(file: File) -> File:
    """The file as it came at first: with other bytes, a third of its rows and one of tomorrow's."""
    rows = file.rows.gather_every(3)
    if "event_at" in rows.columns:
        rows = rows.with_columns(pl.col("event_at") - pl.duration(minutes=20))
    return File(file.feed, file.delivered_on, f"{file.batch_id}-wrong", rows)


def create(settings: Settings) -> None:
    """Make the raw tables, with nothing in them."""
    with connect(settings.raw) as raw:
        raw.execute(LEDGER)
        for feed, columns in SCHEMAS.items():
            source, entity = feed.split(".")
            raw.execute(f"CREATE SCHEMA IF NOT EXISTS raw_{source}")
            raw.execute(
                f"CREATE TABLE raw_{source}.{entity} ({columns}, _batch_id varchar, "
                "_row_number bigint, _delivered_on date)"
            )


def land(settings: Settings, arrived: list[File], *, gone: list[File]) -> None:
    """Put the arrived files' rows where landing would, and take out those of files replaced."""
    with connect(settings.raw) as raw:
        for file in gone:
            source, entity = file.feed.split(".")
            raw.execute(f"DELETE FROM raw_{source}.{entity} WHERE _batch_id = ?", [file.batch_id])
            raw.execute(
                "UPDATE ops.batches SET status = 'replaced' WHERE batch_id = ?", [file.batch_id]
            )
        for file in arrived:
            put(raw, file)


def put(raw: Connection, file: File) -> None:
    """Write one file's rows and its line in the ledger."""
    source, entity = file.feed.split(".")
    rows = file.rows.with_row_index("_row_number", offset=1).with_columns(
        _batch_id=pl.lit(file.batch_id), _delivered_on=pl.lit(file.delivered_on)
    )
    raw.register("_rows", rows)
    raw.execute(f"INSERT INTO raw_{source}.{entity} BY NAME FROM _rows")
    raw.unregister("_rows")
    raw.execute(
        "INSERT INTO ops.batches BY NAME SELECT ? AS batch_id, ? AS source, ? AS entity, "
        "?::date AS delivered_on, 'landed' AS status, ? AS rows_landed",
        [file.batch_id, source, entity, file.delivered_on, file.rows.height],
    )

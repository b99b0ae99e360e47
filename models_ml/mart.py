"""Mart: today's features, refused where they are missing or another day's."""

from datetime import date

import polars as pl

from include.warehouse import Connection, read_query

FEATURES = "marts.mart_customer_features"
RFM = "marts.mart_customer_rfm"


class WrongMartError(RuntimeError):
    """The mart has no customers, or those of another day."""


def read_customers(connection: Connection, *, as_of: date) -> pl.DataFrame:
    """Return features and RFM values of every customer who ordered before ``as_of``, by id.

    Raises:
        WrongMartError: the mart was not built for ``as_of``.
    """
    customers = read_query(
        connection,
        f"SELECT f.*, r.frequency_orders, r.monetary_amount, r.rfm_segment FROM {FEATURES} AS f "
        f"LEFT JOIN {RFM} AS r USING (customer_id) ORDER BY f.customer_id",
    )
    days = customers["as_of"].unique().to_list()
    if days != [as_of]:
        found = ", ".join(str(day) for day in days) or "no day at all"
        raise WrongMartError(
            f"{FEATURES} holds customers of {found}, and {as_of} is asked for. "
            f"Run the stage 'build' for {as_of}, then clear this task."
        )
    return customers

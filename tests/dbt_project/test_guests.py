"""Guests' orders: they count for the customer whose the address is, once that is known."""

from datetime import date
from typing import Any

import pytest

from include.settings import Settings
from include.warehouse import connect

ORDERS = (
    "SELECT order_id, customer_id FROM marts.fct_orders WHERE is_guest_checkout ORDER BY order_id"
)
HISTORY = (
    "SELECT frequency_orders FROM marts.mart_customer_rfm_history "
    "WHERE customer_id = ? AND snapshot_date = ?"
)
# An order of customer 4 was called off after the snapshot, which still saw it.
TODAY = (
    "SELECT count(*) FROM marts.fct_orders WHERE customer_id = ? AND ordered_at < ? "
    "AND order_kind IN ('sale', 'cancelled')"
)


def asked(settings: Settings, sql: str, *given: Any) -> list[tuple[Any, ...]]:
    """The rows that answer."""
    with connect(settings.marts, read_only=True) as marts:
        return marts.execute(sql, list(given)).fetchall()


def test_a_guest_is_known_from_the_day_on_that_knows_the_address(
    april: Settings, july: Settings
) -> None:
    then, now = dict(asked(april, ORDERS)), dict(asked(july, ORDERS))
    five, four = "customer-5", "customer-4"
    # One address was 4's until a correction, one is 5's since May, and one is nobody's.
    assert then == {"guest-1": five, "guest-2": None, "guest-3": None, "guest-4": four}
    assert now == {**then, "guest-2": five, "guest-4": None, "guest-5": five}


@pytest.mark.parametrize(("customer", "more_then"), [("customer-4", 1), ("customer-5", -1)])
def test_a_snapshot_of_the_past_counts_what_was_known_then(
    april: Settings, july: Settings, customer: str, more_then: int
) -> None:
    before = (customer, date(2025, 4, 1))
    [(remembered,)] = asked(july, HISTORY, *before)
    assert [(remembered,)] == asked(april, HISTORY, *before)
    [(counted_today,)] = asked(july, TODAY, *before)
    assert remembered == counted_today + more_then


def test_guests_whom_nobody_knows_are_counted(july: Settings) -> None:
    counted = asked(
        july,
        "SELECT sum(guest_orders), sum(unresolved_guest_orders) FROM marts.mart_day_kpis",
    )
    assert counted == [(5, 2)]
    unresolved = asked(
        july,
        "SELECT count(*) FROM marts.dim_identities "
        "WHERE identifier_type = 'email' AND is_current AND customer_id IS NULL",
    )
    assert unresolved == [(2,)]

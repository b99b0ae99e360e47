"""Edge cases from the delivered file to every mart: what each mart makes of each of them.

The customers are named after their case (`edges.py`): never ordered, once, only a return, a guest
whose address is known, two alike, on the leap day, in the hour that a clock skips, delivered
doubly, visited with an event that came late, and a browser that turned out to be a customer's.
"""

from collections.abc import Callable
from typing import Any

import pytest

from include import transform
from include.settings import Settings
from include.warehouse import connect
from tests.dbt_project import edges
from tests.dbt_project.company import at_home

Landed = dict[str, dict[str, int]]
# What is asked of a mart, of which rows, and the answer: the first column names the row.
EXPECTED: dict[str, tuple[str, str, dict[Any, Any]]] = {
    "fct_orders": (
        "order_id, customer_id, order_kind, order_amount::integer, line_count",
        "",
        {
            "o-old": ("old", "sale", 10, 1),
            "o-old-guest": ("old", "sale", 30, 1),
            "o-leap-1": ("leap", "sale", 10, 1),
            "o-leap-2": ("leap", "sale", 20, 1),
            "o-once": ("once", "sale", 5, 1),
            "o-return": ("returner", "return", -5, 1),
            "o-guest": ("guest", "sale", 40, 1),
            "o-stranger": (None, "sale", 7, 1),
            "o-tie-a": ("tie-a", "sale", 15, 1),
            "o-tie-b": ("tie-b", "sale", 15, 1),
            "o-clock": ("clock", "sale", 9, 1),
            "o-doubled": ("doubled", "sale", 12, 1),
        },
    ),
    # Two alike are told apart by key, and so are two who are alike in what they spent.
    "mart_customer_rfm": (
        """customer_id, recency_days, frequency_orders, monetary_amount::integer, rfm_cell,
        clv_recency_days, clv_age_days, clv_repeat_orders""",
        "",
        {
            "clock": (2, 1, 9, "511", 0, 2, 0),
            "doubled": (5, 1, 12, "412", 0, 5, 0),
            "tie-a": (8, 1, 15, "332", 0, 8, 0),
            "tie-b": (8, 1, 15, "333", 0, 8, 0),
            "guest": (11, 1, 40, "224", 0, 11, 0),
            "once": (13, 1, 5, "221", 0, 13, 0),
            "old": (28, 2, 40, "155", 125, 153, 1),
            "leap": (33, 2, 30, "143", 1, 34, 1),
        },
    ),
    "mart_customer_rfm_history": (
        "customer_id, recency_days, frequency_orders, monetary_amount::integer",
        "WHERE snapshot_date = '2024-03-01'",
        {"leap": (1, 2, 30), "old": (121, 1, 10)},
    ),
    "mart_customer_features": (
        """customer_id, recency_days, orders_30d, orders_365d, spend_365d_amount::integer,
        average_days_between_orders::integer, sessions_30d""",
        "",
        {
            "clock": (2, 1, 1, 9, None, 1),
            "doubled": (5, 1, 1, 12, None, 1),
            "tie-a": (8, 1, 1, 15, None, 0),
            "tie-b": (8, 1, 1, 15, None, 0),
            "guest": (11, 1, 1, 40, None, 0),
            "once": (13, 1, 1, 5, None, 0),
            "old": (28, 1, 2, 40, 125, 0),
            "leap": (33, 0, 2, 30, 1, 0),
        },
    ),
    "mart_customer_engagement": (
        """customer_id, orders_28d, sessions_28d, page_views_28d + product_views_28d,
        cart_adds_28d, active_weeks_84d, engagement_score > 0""",
        "",
        {
            "never": (0, 0, 0, 0, 0, False),
            "returner": (0, 0, 0, 0, 0, False),
            "once": (1, 0, 0, 0, 1, True),
            "guest": (1, 0, 0, 0, 1, True),
            "tie-a": (1, 0, 0, 0, 1, True),
            "tie-b": (1, 0, 0, 0, 1, True),
            "leap": (0, 0, 0, 0, 1, True),
            "old": (1, 0, 0, 0, 1, True),
            "clock": (1, 1, 2, 0, 1, True),
            "doubled": (1, 1, 1, 1, 1, True),
            "late": (0, 1, 2, 1, 1, True),
            "merged": (0, 2, 2, 0, 2, True),
        },
    ),
    "mart_customer_360": (
        "customer_id, has_ordered, frequency_orders, favourite_daypart, sessions_28d",
        "",
        {
            "never": (False, None, None, 0),
            "returner": (False, None, None, 0),
            "once": (True, 1, "afternoon", 0),
            "guest": (True, 1, "afternoon", 0),
            "tie-a": (True, 1, "afternoon", 0),
            "tie-b": (True, 1, "afternoon", 0),
            "leap": (True, 2, "afternoon", 0),
            "old": (True, 2, "afternoon", 0),
            "clock": (True, 1, "night", 1),
            "doubled": (True, 1, "morning", 1),
            "late": (False, None, None, 1),
            "merged": (False, None, None, 2),
        },
    ),
    # The guest's order of 5 March keeps a customer, as it would with the name on it.
    "mart_churn_training": (
        "customer_id, has_churned, recency_days",
        "WHERE snapshot_date = '2024-03-01'",
        {"leap": (True, 1), "old": (False, 121)},
    ),
    "mart_purchase_training": (
        "customer_id, has_ordered_30d, next_spend_30d_amount::integer, orders_365d",
        "WHERE snapshot_date = '2024-03-01'",
        {"leap": (False, 0, 2), "old": (True, 30, 1)},
    ),
    "mart_day_kpis": (
        """strftime(day_date, '%m-%d'), orders, guest_orders, unresolved_guest_orders,
        revenue_amount::integer, new_customers, sessions""",
        "WHERE revenue_amount <> 0 OR sessions > 0",
        {
            "11-01": (1, 0, 0, 10, 1, None),
            "02-28": (1, 0, 0, 10, 1, None),
            "02-29": (1, 0, 0, 20, 0, None),
            "03-05": (1, 1, 0, 30, 0, None),
            "03-10": (0, 0, 0, 0, 0, 1),
            "03-20": (1, 0, 0, 5, 1, None),
            "03-21": (0, 0, 0, -5, 0, None),
            "03-22": (2, 2, 1, 47, 1, None),
            "03-25": (2, 0, 0, 30, 2, 1),
            "03-28": (1, 0, 0, 12, 1, 1),
            "03-29": (0, 0, 0, 0, 0, 1),
            "03-30": (0, 0, 0, 0, 0, 1),
            "03-31": (1, 0, 0, 9, 1, 1),
        },
    ),
    "mart_cohort_retention": (
        """strftime(cohort_month, '%m') || strftime(activity_month, '-%m'), cohort_customers,
        customers, orders""",
        "",
        {
            "11-11": (1, 1, 1),
            "11-02": (1, 0, 0),
            "11-03": (1, 1, 1),
            "02-02": (1, 1, 2),
            "02-03": (1, 0, 0),
            "03-03": (6, 6, 6),
        },
    ),
    "mart_segment_kpis": (
        "segmentation, sum(customers), sum(spend_365d_amount)::integer",
        "GROUP BY segmentation",
        {"behaviour": (8, 166), "rfm": (8, 166)},
    ),
    # 7 of a stranger and -5 of somebody who never ordered are in no segment.
    "mart_segment_day_kpis": (
        """segmentation, sum(orders), sum(revenue_amount)::integer, sum(sessions),
        count(*) FILTER (day_date = '2024-02-29')""",
        "GROUP BY segmentation",
        {"behaviour": (10, 166, 2, 1), "rfm": (10, 166, 2, 1)},
    ),
    "fct_sessions": (
        """strftime(started_at, '%d ') || visitor_id, customer_id, event_count, cart_adds,
        duration_seconds""",
        "",
        {
            "31 v-clock": ("clock", 2, 0, 1800),
            "28 v-doubled": ("doubled", 3, 1, 1200),
            "29 v-late": ("late", 3, 1, 3000),
            "10 v-merged": ("merged", 1, 0, 0),
            "25 v-merged": ("merged", 1, 0, 0),
            "30 v-nobody": (None, 1, 0, 0),
        },
    ),
    "fct_carts": (
        "customer_id, item_count, is_abandoned",
        "",
        {"doubled": (1, False), "late": (1, True)},
    ),
    "dim_identities": (
        "identifier, customer_id, status",
        """WHERE identifier_type = 'visitor'
        OR identifier IN ('guest@example.com', 'stranger@example.com')""",
        {
            "v-clock": ("clock", "resolved"),
            "v-doubled": ("doubled", "resolved"),
            "v-late": ("late", "resolved"),
            "v-merged": ("merged", "resolved"),
            "v-nobody": (None, "unresolved"),
            "guest@example.com": ("guest", "resolved"),
            "stranger@example.com": (None, "unresolved"),
        },
    ),
    "dim_customers": (
        "customer_id, marketing_consent",
        "",
        dict.fromkeys(edges.CUSTOMERS, True),
    ),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Landed]:
    """The company of edge cases, and what landed of it."""
    with at_home(tmp_path_factory.mktemp("edges")) as settings:
        return settings, edges.build(settings)


@pytest.fixture(scope="module")
def ask(built: tuple[Settings, Landed]) -> Callable[[str], dict[Any, Any]]:
    """A way to ask the marts."""

    def answer(sql: str) -> dict[Any, Any]:
        with connect(built[0].marts, read_only=True) as marts:
            rows = marts.execute(sql).fetchall()
        assert len({row[0] for row in rows}) == len(rows)
        return {row[0]: row[1] if len(row) == 2 else row[1:] for row in rows}

    return answer


def test_what_came_twice_is_set_aside_and_counted(built: tuple[Settings, Landed]) -> None:
    _, landed = built
    counted = {
        name: (of["delivered"], of["landed"], of["quarantined"])
        for name, of in landed.items()
        if of["quarantined"]
    }
    assert counted == {"shop.order_lines": (13, 12, 1), "web.events": (14, 11, 3)}


def test_every_mart_is_asked() -> None:
    marts = {file.stem for file in (transform.PROJECT / "models" / "marts").glob("*.sql")}
    assert set(EXPECTED) == marts


@pytest.mark.parametrize("mart", EXPECTED)
def test_a_mart_knows_its_edge_cases(ask: Callable[[str], dict[Any, Any]], mart: str) -> None:
    columns, condition, expected = EXPECTED[mart]
    assert ask(f"SELECT {columns} FROM marts.{mart} {condition}") == expected

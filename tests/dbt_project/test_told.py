"""Tables made of a table that follows its deliveries: told what changed, and aware of what ages."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import polars as pl

from include.settings import Settings
from include.warehouse import connect
from tests.dbt_project import deliveries
from tests.dbt_project.chains import Project
from tests.dbt_project.company import at_home, digests
from tests.dbt_project.deliveries import File

TOLD = {
    "int_categories_counted_to_customer",
    "int_categories_counted_to_learner_snapshot",
    "int_categories_preferred_to_customer",
    "int_order_lines_listed_to_order_category",
    "int_orders_profiled_to_customer",
    "int_orders_spaced_to_customer_day",
    "int_orders_summarised_to_customer",
    "int_orders_summarised_to_learner_snapshot",
    "int_orders_valued_to_customer_month",
    "mart_customer_rfm_history",
}
PAST_VISITS = "int_sessions_summarised_to_learner_snapshot"  # told, too, but not of orders
MODELS = [*(f"+{name}" for name in sorted(TOLD)), "+fct_orders", f"+{PAST_VISITS}"]
FIRST, NEXT, THIRD = date(2025, 3, 3), date(2025, 3, 5), date(2025, 3, 7)

CATALOGUE = File(
    "shop.products",
    date(2025, 3, 1),
    "catalogue",
    pl.DataFrame({"product_id": ["p", "p0", "p1"], "product_category": ["some", "one", "other"]}),
)


def orders(day: date, name: str, *told: tuple[str, str | None, str]) -> File:
    """A file of orders of one line each: key, customer and the day ordered on."""
    rows = pl.DataFrame(
        {
            "order_id": [key for key, _, _ in told],
            "customer_id": [customer for _, customer, _ in told],
            "ordered_at": [datetime.fromisoformat(f"{at} 12:00") for _, _, at in told],
        },
        schema_overrides={"customer_id": pl.String},
    ).with_columns(
        product_id=pl.lit("p"),
        store_id=pl.lit("s"),
        quantity=pl.lit(1, pl.Int32),
        sales_amount=pl.lit("4.50").str.to_decimal(scale=2),
        retail_discount_amount=pl.lit("0.00").str.to_decimal(scale=2),
        coupon_discount_amount=pl.lit("0.00").str.to_decimal(scale=2),
        coupon_match_discount_amount=pl.lit("0.00").str.to_decimal(scale=2),
    )
    return File("shop.order_lines", day, f"{name}-{day}", rows)


def counted(settings: Settings) -> dict[str, int]:
    """How many orders each customer has."""
    with connect(settings.marts, read_only=True) as marts:
        found = marts.execute(
            "SELECT customer_id, orders_to_date FROM intermediate.int_orders_summarised_to_customer"
        ).fetchall()
    return dict(found)


def test_what_grows_too_old_for_a_window_leaves_it_though_nothing_new_comes(
    project: Project, tmp_path: Path
) -> None:
    """Runs days, weeks and months apart: each window is left between two of them."""
    last = date(2025, 3, 15)
    days = [last + timedelta(days=n) for n in (0, 1, 9, 21, 40, 70, 85, 120, 200, 333, 350, 364)]
    seen: list[dict[str, str]] = []
    for whole in (False, True):
        with at_home(tmp_path / str(whole)) as settings:
            deliveries.create(settings)
            deliveries.land(settings, [*deliveries.files(seed=1), CATALOGUE], gone=[])
            project.build(settings, days[0], select=MODELS, whole=False)
            for number, day in enumerate(days[1:]):
                followed = project.build(settings, day, select=MODELS, whole=whole)
                assert (set() if whole else TOLD | {"fct_orders", PAST_VISITS}) <= followed
                if whole:
                    assert digests(settings) == seen[number], day
                else:
                    seen.append(digests(settings))
    for table, stages in (
        ("int_orders_summarised_to_customer", 8),
        ("int_orders_profiled_to_customer", 8),
        ("int_categories_counted_to_customer", 3),
        ("int_orders_valued_to_customer_month", 8),
    ):
        assert len({found[f"intermediate.{table}"] for found in seen}) >= stages, table


def test_late_files_of_long_ago_change_the_past_of_whom_they_are_about(
    project: Project, tmp_path: Path
) -> None:
    """All of it is older than what is listed of everyone; guests are recognised and parted again.

    Two customers are learnt from, and who joins pushes another out; the history of RFM has room for
    fewer months the more customers there are, but for the month that has just begun.
    """
    few = {"training_customers": 2, "rfm_history_rows": 12}
    files = deliveries.files(seed=1)
    steps = [(3, date(2025, 6, 28)), (7, date(2025, 6, 29)), (11, date(2025, 7, 1))]
    steps += [(13, date(2025, 7, 2)), (31, date(2025, 7, 4))]
    with at_home(tmp_path) as settings:
        deliveries.create(settings)
        deliveries.land(settings, [CATALOGUE], gone=[])
        before = 0
        learners = []
        months = []
        for until, day in steps:
            come = [f for f in files if before < f.delivered_on.day <= until]
            deliveries.land(settings, come, gone=[])
            followed = project.build(settings, day, select=MODELS, whole=False, **few)
            assert (followed >= TOLD | {PAST_VISITS}) == (before > 0)
            with connect(settings.marts, read_only=True) as marts:
                sample = "intermediate.int_customers_sampled_to_training"
                learners.append(set(marts.execute(f"SELECT * FROM {sample}").fetchall()))
                values = "intermediate.int_orders_valued_to_customer_month"
                asked = f"SELECT DISTINCT snapshot_date FROM {values}"
                months.append(set(marts.execute(asked).fetchall()))
            before = until
        followed_digests = digests(settings)
        project.build(settings, steps[-1][1], select=MODELS, whole=True, **few)
        assert digests(settings) == followed_digests
    for kept in (learners, months):
        assert any(earlier - later for earlier, later in pairwise(kept))
        assert any(later - earlier for earlier, later in pairwise(kept))


def test_a_late_line_of_a_guests_order_counts_for_whoever_was_known_for_it_then(
    project: Project, tmp_path: Path
) -> None:
    """On 1 March the order was thought to be bob's; since a decision of 5 March it is nobody's."""
    address = pl.DataFrame({"customer_id": ["bob"], "email": ["bob@x"]})
    contact = pl.DataFrame(
        {"order_id": ["o1"], "email": ["bob@x"], "ordered_at": [datetime(2025, 2, 10, 12)]}  # noqa: DTZ001 - UTC
    )
    decision = pl.DataFrame(
        {
            "correction_id": ["d1"],
            "identifier_type": ["email"],
            "identifier": ["bob@x"],
            "customer_id": ["bob"],
            "decision": ["separate"],
            "decided_at": [datetime(2025, 3, 5, 12)],  # noqa: DTZ001 - UTC
        }
    )
    month = "SELECT frequency_orders, monetary_amount FROM intermediate.int_orders_valued_to_"
    seen = []
    with at_home(tmp_path) as settings:
        deliveries.create(settings)
        come = [
            orders(date(2025, 2, 11), "guests", ("o1", None, "2025-02-10")),
            File("crm.customers", date(2025, 2, 1), "crm", address),
            File("shop.order_contacts", date(2025, 2, 11), "contacts", contact),
            File("crm.identity_corrections", date(2025, 3, 6), "decisions", decision),
        ]
        for day in (date(2025, 3, 10), date(2025, 3, 12)):
            deliveries.land(settings, come, gone=[])
            project.build(settings, day, select=MODELS, whole=False)
            with connect(settings.marts, read_only=True) as marts:
                seen += marts.execute(f"{month}customer_month WHERE customer_id = 'bob'").fetchall()
            come = [orders(date(2025, 3, 11), "late", ("o1", None, "2025-02-10"))]
        followed = digests(settings)
        project.build(settings, day, select=MODELS, whole=True)
        assert digests(settings) == followed
    assert seen == [(1, Decimal("4.50")), (1, Decimal("9.00"))]


def test_an_order_that_turns_out_to_be_anothers_leaves_the_first(
    project: Project, tmp_path: Path
) -> None:
    first = orders(FIRST, "first", ("o1", "ada", "2025-03-01"), ("o2", "eve", "2025-03-02"))
    then = orders(FIRST, "corrected", ("o1", "bob", "2025-03-01"), ("o2", "eve", "2025-03-02"))
    with at_home(tmp_path) as settings:
        deliveries.create(settings)
        deliveries.land(settings, [first, CATALOGUE], gone=[])
        project.build(settings, FIRST, select=MODELS, whole=False)
        assert counted(settings) == {"ada": 1, "eve": 1}
        deliveries.land(settings, [then], gone=[first])
        assert project.build(settings, FIRST, select=MODELS, whole=False) >= TOLD
        assert counted(settings) == {"bob": 1, "eve": 1}
        followed = digests(settings)
        project.build(settings, FIRST, select=MODELS, whole=True)
        assert digests(settings) == followed


def test_a_table_that_missed_builds_is_told_of_all_or_built_whole(
    project: Project, tmp_path: Path
) -> None:
    """Orders were settled on three days; what is made of them failed on two, and is behind."""
    files = [
        orders(FIRST, "first", ("o1", "ada", "2025-03-01"), ("o2", "bob", "2025-03-01")),
        orders(NEXT, "next", ("o3", "bob", "2025-03-03")),
        orders(THIRD, "third", ("o4", "eve", "2025-03-05")),
    ]
    upstream = ["+int_orders_settled_to_order"]
    for remembered, follows in ((30, True), (2, True), (1, False)):
        with at_home(tmp_path / str(remembered)) as settings:
            deliveries.create(settings)
            deliveries.land(settings, [files[0], CATALOGUE], gone=[])
            asked = {"builds_remembered": remembered}
            project.build(settings, FIRST, select=MODELS, whole=False, **asked)
            for file, chosen in ((files[1], upstream), (files[2], MODELS)):
                deliveries.land(settings, [file], gone=[])
                followed = project.build(
                    settings, file.delivered_on, select=chosen, whole=False, **asked
                )
                assert "int_orders_settled_to_order" in followed
            assert (followed >= TOLD) == follows
            assert counted(settings) == {"ada": 1, "bob": 2, "eve": 1}
            # and again on the same day, with nothing new: told of nothing
            followed = project.build(settings, THIRD, select=MODELS, whole=False, **asked)
            assert followed >= TOLD
            assert counted(settings) == {"ada": 1, "bob": 2, "eve": 1}


def test_where_orders_were_settled_whole_what_is_made_of_them_is_built_whole(
    project: Project, tmp_path: Path
) -> None:
    """A day was asked for by hand, whole, of the upstream alone: what differs is told by nobody."""
    first = orders(FIRST, "first", ("o1", "ada", "2025-03-01"), ("o2", "bob", "2025-03-01"))
    then = orders(NEXT, "next", ("o3", "bob", "2025-03-03"))
    with at_home(tmp_path) as settings:
        deliveries.create(settings)
        deliveries.land(settings, [first, CATALOGUE], gone=[])
        project.build(settings, FIRST, select=MODELS, whole=False)
        deliveries.land(settings, [then], gone=[])
        project.build(settings, NEXT, select=["+int_orders_settled_to_order"], whole=True)
        followed = project.build(settings, NEXT, select=MODELS, whole=False)
        assert "int_orders_settled_to_order" in followed
        assert followed & TOLD == set()
        assert counted(settings) == {"ada": 1, "bob": 2}


def test_a_variable_given_by_hand_builds_whole(project: Project, tmp_path: Path) -> None:
    """Rows made by one value of it and rows made by another do not stand in one table."""
    first = orders(FIRST, "first", ("o1", "ada", "2025-03-01"))
    with at_home(tmp_path) as settings:
        deliveries.create(settings)
        deliveries.land(settings, [first, CATALOGUE], gone=[])
        chain = [{}, {}, {"rfm_history_months": 3}, {"rfm_history_months": 3}, {}]
        followed = [
            project.build(settings, FIRST, select=["+fct_orders"], whole=False, **given)
            for given in chain
        ]
    assert ["fct_orders" in names for names in followed] == [False, True, False, True, False]


def test_only_customers_whose_orders_changed_or_aged_are_made_anew(
    project: Project, tmp_path: Path
) -> None:
    """Ada's order turns 8 days old, eve orders, and nothing happens to bob, who is marked."""
    first = orders(
        FIRST,
        "first",
        ("o1", "ada", "2025-02-25"),
        ("o2", "bob", "2025-03-01"),
        ("o3", "eve", "2025-03-01"),
    )
    then = orders(NEXT, "next", ("o4", "eve", "2025-03-03"))
    table = "intermediate.int_orders_summarised_to_customer"
    with at_home(tmp_path) as settings:
        deliveries.create(settings)
        deliveries.land(settings, [first, CATALOGUE], gone=[])
        project.build(settings, FIRST, select=MODELS, whole=False)
        with connect(settings.marts) as marts:
            marts.execute(f"UPDATE {table} SET orders_180d = 99")
        deliveries.land(settings, [then], gone=[])
        project.build(settings, NEXT, select=MODELS, whole=False)
        with connect(settings.marts, read_only=True) as marts:
            found = dict(marts.execute(f"SELECT customer_id, orders_180d FROM {table}").fetchall())
    assert found == {"ada": 1, "bob": 99, "eve": 2}

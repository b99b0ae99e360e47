"""Tables that follow their deliveries: in whatever order files came, they equal a whole build."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from include.settings import Settings
from include.warehouse import connect
from tests.dbt_project import deliveries
from tests.dbt_project.chains import Project
from tests.dbt_project.company import at_home, digests

MODELS = [
    *("+fct_sessions", "+dim_identities", "+fct_orders", "+mart_cohort_retention"),
    *("+mart_customer_rfm_history", "+int_categories_counted_to_customer_snapshot"),
    *("+int_orders_summarised_to_customer_snapshot", "+int_orders_profiled_to_customer"),
    *("+int_categories_preferred_to_customer", "+int_sessions_summarised_to_customer_snapshot"),
]
FOLLOWING = {
    "int_categories_counted_to_customer",
    "int_categories_counted_to_learner_snapshot",
    "int_categories_preferred_to_customer",
    "int_events_grouped_to_session_day",
    "int_identity__address_links",
    "int_identity__browser_links",
    "int_identity__claims",
    "int_identity__clusters",
    "int_identity__direct_claims",
    "int_identity__order_evidence",
    "int_identity__owners",
    "int_identity__reached",
    "int_identity__steps",
    "int_identity__web_evidence",
    "int_order_lines_listed_to_order_category",
    "int_order_lines_summarised_to_order",
    "int_orders_profiled_to_customer",
    "int_orders_settled_to_order",
    "int_orders_spaced_to_customer_day",
    "int_orders_summarised_to_customer",
    "int_orders_summarised_to_learner_snapshot",
    "int_orders_valued_to_customer_month",
    "mart_customer_rfm_history",
    "fct_sessions",
    "fct_orders",
    "dim_customers",
}
SIGHTS = {"web.events", "shop.order_contacts", "crm.customers"}
UNLESS_GONE = {  # followed, but built whole where a file of these feeds is gone
    "dim_identities": SIGHTS,
    "int_identity__crm_addresses": {"crm.customers"},
    "int_identity__seen": SIGHTS,
    "int_sessions_summarised_to_learner_snapshot": {"web.events"},
}
VISITS = "intermediate.int_events_grouped_to_session_day"
LAST = date(2025, 3, 15)


@pytest.fixture(scope="module")
def built_whole(project: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digests of one build of everything, as of the last day."""
    with at_home(tmp_path_factory.mktemp("whole")) as settings:
        deliveries.create(settings)
        deliveries.land(settings, deliveries.files(seed=1), gone=[])
        assert project.build(settings, LAST, select=MODELS, whole=True) == set()
        return digests(settings)


def arrivals(seed: int) -> Iterator[tuple[date, list[deliveries.File], list[deliveries.File]]]:
    """Runs of the fortnight: as of which day, which files came before it, which were replaced.

    A file comes with a run on or after its day; the last run has them all. One in five is wrong at
    first, and replaced by a later run.
    """
    random = np.random.default_rng(seed)
    days = [date(2025, 3, 6), date(2025, 3, 11), LAST]
    days.insert(int(random.integers(1, 3)), date(2025, 3, 4))  # a back-fill in between
    last = len(days) - 1
    plan: list[tuple[int, int, deliveries.File]] = []
    for file in deliveries.files(seed=1):
        run = min(int(random.geometric(0.7)) - 1 + sum(d < file.delivered_on for d in days), last)
        is_wrong = random.random() < 0.2 and run < last
        plan.append((run, int(random.integers(run + 1, last + 1)) if is_wrong else run, file))
    for number, day in enumerate(days):
        come = [file for _, right, file in plan if right == number]
        first = [deliveries.wrong(f) for run, right, f in plan if run == number and right > run]
        gone = [deliveries.wrong(f) for run, right, f in plan if run < right and right == number]
        yield day, [*come, *first], gone


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_a_chain_of_runs_ends_in_what_one_build_makes(
    seed: int, project: Project, built_whole: dict[str, str], tmp_path: Path
) -> None:
    with at_home(tmp_path) as settings:
        deliveries.create(settings)
        followed: list[set[str]] = []
        lost: set[str] = set()
        before = LAST
        for day, come, gone in arrivals(seed):
            deliveries.land(settings, come, gone=gone)
            followed.append(project.build(settings, day, select=MODELS, whole=False))
            lost = {file.feed for file in gone if file.delivered_on <= before}
            before = day
        assert digests(settings) == built_whole
    assert followed[0] == set()
    assert followed[-1] == FOLLOWING | {n for n, feeds in UNLESS_GONE.items() if not feeds & lost}
    assert set() in followed[1:]  # the back-fill built whole, by itself


def test_a_build_that_broke_off_is_gone_on_from(
    project: Project, built_whole: dict[str, str], tmp_path: Path
) -> None:
    """Visits were made, sessions were not; then a day before is asked for, and the last again."""
    everything = deliveries.files(seed=1)
    with at_home(tmp_path) as settings:
        deliveries.create(settings)
        deliveries.land(settings, [f for f in everything if f.delivered_on.day < 10], gone=[])
        project.build(settings, date(2025, 3, 9), select=MODELS, whole=False)
        deliveries.land(settings, [f for f in everything if f.delivered_on.day >= 10], gone=[])
        broken_off = ["+int_events_grouped_to_session_day"]  # its views, too, know the day
        project.build(settings, LAST, select=broken_off, whole=False)
        followed = project.build(settings, LAST, select=MODELS, whole=False)
        assert digests(settings) == built_whole
    assert followed == FOLLOWING | set(UNLESS_GONE)


def test_a_first_build_made_day_by_day_equals_one_made_at_once(
    project: Project, built_whole: dict[str, str], tmp_path: Path
) -> None:
    with at_home(tmp_path) as settings:
        deliveries.create(settings)
        deliveries.land(settings, deliveries.files(seed=1), gone=[])
        project.build(settings, LAST, select=MODELS, whole=True, rows_at_a_time=1)
        differing = dict(digests(settings).items() ^ built_whole.items())
        assert set(differing) == {"intermediate.built_batches"}  # which says by what variables
        with connect(settings.marts, read_only=True) as marts:
            [(resumed, steps_back)] = marts.execute(
                "SELECT count(*) FILTER (is_resumed), count(*) FILTER (event_date < before) FROM "
                f"(SELECT *, lag(event_date) OVER (ORDER BY rowid) AS before FROM {VISITS})"
            ).fetchall()
    assert resumed > 0  # visits that run on from one period into the next
    assert steps_back == 0  # there was a period a day


def test_a_late_event_opens_only_the_visits_it_touches(project: Project, tmp_path: Path) -> None:
    """10:25 joins the visits of 10:00 and 10:50 to one; taken back, they are two again."""
    known, late = date(2025, 3, 3), date(2025, 3, 4)
    day = deliveries.events([("e1", "v", "10:00"), ("e2", "v", "10:50"), ("e3", "w", "10:00")])
    first = deliveries.File("web.events", known, "first", day)
    joining = deliveries.events([("e4", "v", "10:25")])
    second = deliveries.File("web.events", late, "second", joining)
    seen = []
    with at_home(tmp_path) as settings:
        deliveries.create(settings)
        for run, come, gone in ((known, [first], []), (late, [second], []), (late, [], [second])):
            deliveries.land(settings, come, gone=gone)
            project.build(settings, run, select=["+fct_sessions"], whole=False)
            seen.append(visits(settings))
            with connect(settings.marts) as marts:
                marts.execute(f"UPDATE {VISITS} SET exit_page = 'marked' WHERE visitor_id = 'w'")
    made = [{key: events for key, (events, _) in one.items()} for one in seen]
    apart = {"v-1740909600": 1, "v-1740912600": 1, "w-1740909600": 1}
    assert made == [apart, {"v-1740909600": 3, "w-1740909600": 1}, apart]
    exits = [{exit_page for _, exit_page in one.values()} for one in seen]
    assert exits == [{"/"}, {"/", "marked"}, {"/", "marked"}]  # nobody made the mark's row anew


def visits(settings: Settings) -> dict[str, tuple[int, str]]:
    """Each visit's events and last page, which the sessions count alike."""
    with connect(settings.marts, read_only=True) as marts:
        rows = marts.execute(f"SELECT session_id, events, exit_page FROM {VISITS}").fetchall()
        told = marts.execute("SELECT session_id, event_count FROM marts.fct_sessions").fetchall()
    assert dict(told) == {key: events for key, events, _ in rows}
    return {key: (events, exit_page) for key, events, exit_page in rows}

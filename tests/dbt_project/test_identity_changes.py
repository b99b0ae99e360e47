"""Who is who from one day to the next: made anew is what changed, and nothing that did not."""

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from include.settings import Settings
from include.warehouse import connect
from tests.dbt_project import deliveries
from tests.dbt_project.chains import Project
from tests.dbt_project.company import at_home, digests
from tests.dbt_project.deliveries import File

MODELS = ["+dim_identities"]
FIRST, NEXT = date(2025, 3, 3), date(2025, 3, 5)
TILL = [f"b{number}" for number in range(20)]  # as many browsers as a step may lead to
FIRST_CHECKOUTS = {"v1": "ada@x", "v2": "two@x", "v3": "three@x", "w": "w@x"} | dict.fromkeys(
    TILL, "till@x"
)
JOINING = {"v1": "two@x"}  # and so v2, whose address that is, is ada's
WIDENING = {"b20": "till@x"}  # one more than a step may lead to: nobody of them is bob any more


def checkouts(day: date, told: dict[str, str], **logged_in: str) -> list[File]:
    """A guest's order on each browser with an address left, and logins; of the day before."""
    at = datetime(day.year, day.month, day.day - 1, 12)  # noqa: DTZ001 - UTC
    orders = pl.DataFrame({"visitor_id": list(told), "email": list(told.values())}).with_columns(
        order_id=pl.format("o-{}-{}", pl.lit(day.day), "visitor_id"), at=pl.lit(at)
    )
    bought = orders.select(
        "visitor_id", "order_id", customer_id=pl.lit(None, pl.String), event_type=pl.lit("purchase")
    )
    came = pl.DataFrame(
        {"visitor_id": list(logged_in), "customer_id": list(logged_in.values())},
        schema={"visitor_id": pl.String, "customer_id": pl.String},
    ).with_columns(order_id=pl.lit(None, pl.String), event_type=pl.lit("page_view"))
    events = pl.concat([bought, came.select(bought.columns)]).with_columns(
        event_id=pl.format("{}-{}", "visitor_id", pl.lit(day.day)),
        event_at=pl.lit(at),
        page_path=pl.lit("/"),
    )
    lines = orders.select(
        "order_id",
        product_id=pl.lit("p"),
        quantity=pl.lit(1, pl.Int32),
        sales_amount=pl.lit("4.50").str.to_decimal(scale=2),
        ordered_at="at",
    )
    contacts = orders.select("order_id", "email", ordered_at="at")
    return [
        File(feed, day, f"{feed}-{day}", rows)
        for feed, rows in (
            *(("web.events", events), ("shop.order_lines", lines)),
            ("shop.order_contacts", contacts),
        )
    ]


def snapshot(day: date, **emails: str) -> File:
    """The CRM's customers and their addresses."""
    rows = pl.DataFrame({"customer_id": list(emails), "email": list(emails.values())})
    return File("crm.customers", day, f"crm-{day}", rows.with_columns(created_date=pl.lit(FIRST)))


def refuted(day: date, visitor: str, customer: str) -> File:
    """A decision that a browser is not a customer's."""
    row = {
        "correction_id": "d1",
        "identifier_type": "visitor",
        "identifier": visitor,
        "customer_id": customer,
        "decision": "separate",
        "decided_at": datetime(2025, 3, 4, 12),  # noqa: DTZ001 - UTC
    }
    return File("crm.identity_corrections", day, f"corrections-{day}", pl.DataFrame([row]))


def owners(settings: Settings) -> dict[str, str]:
    """Whose each browser is now."""
    with connect(settings.marts, read_only=True) as marts:
        rows = marts.execute(
            "SELECT identifier, customer_id FROM marts.dim_identities "
            "WHERE identifier_type = 'visitor' AND is_current AND customer_id IS NOT NULL"
        ).fetchall()
    return dict(rows)


def mark(settings: Settings, before: str, after: str) -> int:
    """Mark the row of a browser of which nothing new comes; return how many there were to mark."""
    with connect(settings.marts) as marts:
        [(marked,)] = marts.execute(
            "UPDATE marts.dim_identities SET status = ? WHERE identifier = 'w' AND status = ?",
            [after, before],
        ).fetchall()
    return int(marked)


def test_identities_follow_what_comes_and_what_goes(project: Project, tmp_path: Path) -> None:
    """An edge joins two components and goes, one is too wide and again not, a decision parts."""
    first = checkouts(FIRST, FIRST_CHECKOUTS, b0="bob", v4="ada")
    then = checkouts(NEXT, JOINING | WIDENING)
    crm = [snapshot(FIRST, ada="ada@x", bob="bob@x")]
    crm.append(snapshot(NEXT, ada="ada@x", bob="bob@x", eve="three@x"))
    known_first = {"v1": "ada", "v4": "ada"} | dict.fromkeys(TILL, "bob")
    known_then = {"v1": "ada", "v2": "ada", "v3": "eve", "b0": "bob"}

    with at_home(tmp_path) as settings:

        def build(day: date, *, whole: bool = False) -> set[str]:
            return project.build(settings, day, select=MODELS, whole=whole)

        deliveries.create(settings)
        deliveries.land(settings, [*first, crm[0]], gone=[])
        build(FIRST)
        at_first = digests(settings)
        assert owners(settings) == known_first

        deliveries.land(settings, [*then, crm[1], refuted(NEXT, "v4", "ada")], gone=[])
        assert mark(settings, "unresolved", "marked") == 1
        assert {"int_identity__owners", "dim_identities"} <= build(NEXT)
        assert mark(settings, "marked", "unresolved") == 1  # nobody made its row anew
        followed = digests(settings)
        assert owners(settings) == known_then
        assert build(NEXT, whole=True) == set()
        assert digests(settings) == followed

        assert build(FIRST) == set()  # a back-fill, and the later day again
        assert digests(settings) == at_first
        assert "int_identity__owners" in build(NEXT)
        assert digests(settings) == followed

        without = [file for file in checkouts(NEXT, WIDENING) if file.feed == "web.events"]
        without = [File(f.feed, f.delivered_on, "corrected", f.rows) for f in without]
        deliveries.land(
            settings, without, gone=[file for file in then if file.feed == "web.events"]
        )
        corrected = build(NEXT)
        assert "int_identity__owners" in corrected  # told of what a file took along, too
        assert "dim_identities" not in corrected  # it may have been the first sight of somebody
        assert owners(settings) == {name: who for name, who in known_then.items() if name != "v2"}
        found = digests(settings)
        build(NEXT, whole=True)
        assert digests(settings) == found

        deliveries.land(settings, [], gone=without)  # and so the till is narrow enough again
        assert "int_identity__owners" in build(NEXT)
        assert owners(settings) == {"v1": "ada", "v3": "eve"} | dict.fromkeys(TILL, "bob")
        found = digests(settings)
        build(NEXT, whole=True)
        assert digests(settings) == found


def clicks(day: date, seconds: list[int], *, name: str) -> File:
    """Page views of one browser on 2 March, some seconds after noon each."""
    at = [datetime(2025, 3, 2, 12) + timedelta(seconds=second) for second in seconds]  # noqa: DTZ001 - UTC
    rows = pl.DataFrame({"event_at": at}).with_columns(
        event_id=pl.format("{}-{}", pl.lit(name), pl.int_range(pl.len())),
        visitor_id=pl.lit("v"),
        event_type=pl.lit("page_view"),
        page_path=pl.lit("/"),
        device_type=pl.lit("mobile"),
    )
    return File("web.events", day, name, rows)


def test_a_first_sight_moves_with_what_came_of_it(project: Project, tmp_path: Path) -> None:
    """A person at noon turns out a machine, so three o'clock is the first; then nine."""
    noon, three, nine = 0, 3 * 3600, -3 * 3600
    runs = [  # as of which day, what came, when the browser was first seen
        (FIRST, [noon, three], 12),
        (NEXT, list(range(1, 100)), 15),
        (date(2025, 3, 7), [three + 1], 15),
        (date(2025, 3, 9), [nine], 9),
    ]
    with at_home(tmp_path) as settings:
        deliveries.create(settings)
        for day, seconds, hour in runs:
            deliveries.land(settings, [clicks(day, seconds, name=f"e{day.day}")], gone=[])
            project.build(settings, day, select=MODELS, whole=False)
            with connect(settings.marts, read_only=True) as marts:
                found = marts.execute(
                    "SELECT hour(first_seen_at) FROM intermediate.int_identity__seen"
                ).fetchall()
                since = marts.execute("SELECT hour(since_at) FROM marts.dim_identities").fetchall()
            assert found == since == [(hour,)]
        followed = digests(settings)
        project.build(settings, runs[-1][0], select=MODELS, whole=True)
        assert digests(settings) == followed

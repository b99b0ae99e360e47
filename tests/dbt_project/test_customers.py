"""The CRM's customers day by day: consent and erasure follow, the others stay."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from include.settings import Settings
from include.warehouse import connect
from tests.dbt_project import deliveries
from tests.dbt_project.chains import Project
from tests.dbt_project.company import at_home, digests
from tests.dbt_project.deliveries import File

FIRST, NEXT, LATER = date(2025, 3, 3), date(2025, 3, 5), date(2025, 3, 7)
AT_FIRST = {"ada": True, "bob": True, "carl": True}
THEN = {"ada": False, "carl": True, "eve": None}  # ada withdrew, bob is erased, eve is new


def snapshot(day: date, consents: Mapping[str, bool | None]) -> File:
    """The CRM's customers and what they agreed to."""
    columns = {"customer_id": list(consents), "marketing_consent": list(consents.values())}
    rows = pl.DataFrame(columns, schema_overrides={"marketing_consent": pl.Boolean})
    return File("crm.customers", day, f"crm-{day}", rows.with_columns(created_date=pl.lit(FIRST)))


def agreed(settings: Settings) -> dict[str, bool | None]:
    """What each customer agreed to."""
    with connect(settings.marts, read_only=True) as marts:
        found = marts.execute("SELECT customer_id, marketing_consent FROM marts.dim_customers")
        return dict(found.fetchall())


def test_customers_are_as_the_newest_visible_snapshot_says(
    project: Project, tmp_path: Path
) -> None:
    with at_home(tmp_path) as settings:

        def build(day: date, *, whole: bool = False) -> bool:
            models = ["+dim_identities"]
            return "dim_customers" in project.build(settings, day, select=models, whole=whole)

        deliveries.create(settings)
        then = snapshot(NEXT, THEN)
        deliveries.land(settings, [snapshot(FIRST, AT_FIRST), then], gone=[])
        assert not build(FIRST)  # a first build, which the later snapshot does not reach
        assert agreed(settings) == AT_FIRST

        assert build(NEXT)  # nothing landed: the run date came to see it
        assert agreed(settings) == THEN
        followed = digests(settings)
        assert not build(NEXT, whole=True)
        assert digests(settings) == followed

        assert not build(FIRST)  # a back-fill sees what was agreed then
        assert agreed(settings) == AT_FIRST
        assert build(NEXT)
        assert digests(settings) == followed

        deliveries.land(settings, [], gone=[then])  # taken back: the one before counts again
        assert build(LATER)
        assert agreed(settings) == AT_FIRST
        found = digests(settings)
        build(LATER, whole=True)
        assert digests(settings) == found


def test_only_who_differs_is_made_anew_and_nobody_where_no_snapshot_came(
    project: Project, tmp_path: Path
) -> None:
    with at_home(tmp_path) as settings:
        deliveries.create(settings)
        for day, come, anew in (
            (FIRST, [snapshot(FIRST, AT_FIRST)], set()),  # all of them, and so nobody is told
            (NEXT, [], set()),
            (LATER, [snapshot(LATER, THEN)], {"ada", "bob", "eve"}),
        ):
            deliveries.land(settings, come, gone=[])
            project.build(settings, day, select=["+dim_customers"], whole=False)
            with connect(settings.marts, read_only=True) as marts:
                told = marts.execute("SELECT key_value FROM told.touched_keys").fetchall()
            assert {key for (key,) in told} == anew
        assert agreed(settings) == THEN

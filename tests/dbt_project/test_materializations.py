"""Tables and views are written in their place: held to their contract, whole or not at all."""

import shutil
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from include import transform
from include.settings import Settings
from include.warehouse import connect
from tests.dbt_project.company import at_home

PROJECT = """
name: tiny
profile: tessera
models:
  tiny:
    +contract: {enforced: true}
    +on_schema_change: fail
"""
PROMISE = """
models:
  - name: numbers
    config: {materialized: KIND}
    columns:
      - {name: n, data_type: TYPE, constraints: [{type: not_null}]}
      - {name: price, data_type: "decimal(18, 2)"}
"""


class Tiny:
    """A project of one model that is written as the project's own are."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.home / "project"
        (self.folder / "models").mkdir(parents=True)
        (self.folder / "dbt_project.yml").write_text(PROJECT)
        shutil.copytree(transform.PROJECT / "macros", self.folder / "macros")
        with connect(settings.raw):  # the profile attaches it
            pass

    def build(self, query: str, *, data_type: str = "integer", kind: str = "table") -> str:
        """Build the model, and return what went wrong, or nothing."""
        promise = PROMISE.replace("TYPE", data_type).replace("KIND", kind)
        (self.folder / "models" / "numbers.yml").write_text(promise)
        (self.folder / "models" / "numbers.sql").write_text(query)
        settings = self.settings
        settings.marts.parent.mkdir(parents=True, exist_ok=True)
        with at_home(settings.home), transform.lent_to_dbt(settings, as_of="2025-07-01"):
            outcome = dbtRunner().invoke(
                [
                    *("--log-level", "none", "--log-path", str(settings.dbt / "logs"), "build"),
                    *("--project-dir", str(self.folder)),
                    *("--profiles-dir", str(transform.PROJECT)),
                    *("--target-path", str(settings.dbt / "target")),
                ]
            )
            transform.let_go()
        return "" if outcome.success else transform.explain(outcome)

    def there(self) -> tuple[list[Any], list[Any]]:
        """Return the model's rows, and the name and kind of all that lies in the file."""
        with connect(self.settings.marts, read_only=True) as marts:
            made = marts.execute(
                "SELECT table_name, table_type FROM information_schema.tables ORDER BY 1"
            ).fetchall()
            return marts.execute("FROM staging.numbers ORDER BY n").fetchall(), made


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A project of one model, which every test writes for itself."""
    with at_home(tmp_path_factory.mktemp("tiny")) as settings:
        return Tiny(settings)


@pytest.mark.parametrize(
    ("n", "kind", "written"),
    [
        (1, "table", "BASE TABLE"),
        (2, "view", "VIEW"),
        (3, "view", "VIEW"),
        (4, "table", "BASE TABLE"),
    ],
)
def test_what_is_built_takes_the_place_of_what_was_there_and_leaves_nothing_beside(
    tiny: Tiny, n: int, kind: str, written: str
) -> None:
    assert tiny.build(f"select {n} as n, 0.50::decimal(18, 2) as price", kind=kind) == ""
    rows, made = tiny.there()
    assert [row[0] for row in rows] == [n]
    assert made == [("numbers", written)]


def test_a_build_that_fails_leaves_the_table_of_before(tiny: Tiny) -> None:
    price = "1::decimal(18, 2) as price"
    assert tiny.build(f"select 1 as n, {price}") == ""
    before = tiny.there()
    said = tiny.build(f"select if(i = 9, null, i)::integer as n, {price} from range(10) as r (i)")
    assert "NOT NULL constraint failed" in said
    assert tiny.there() == before


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("table", "select 1::bigint as n, 1::decimal(18, 2) as price"),
        ("table", "select 1 as n, 1::decimal(18, 3) as price"),
        ("table", "select 1 as n, 1::decimal(18, 2) as cost"),
        ("view", "select 1 as n, 1::decimal(18, 2) as price, 2 as more"),
        ("view", "select 1 as n"),
    ],
)
def test_what_is_not_as_promised_is_refused(tiny: Tiny, kind: str, query: str) -> None:
    assert "This model has an enforced contract that failed" in tiny.build(query, kind=kind)


@pytest.mark.parametrize("name", ["int4", "INTEGER"])
def test_a_type_may_be_promised_by_another_of_its_names(tiny: Tiny, name: str) -> None:
    assert tiny.build("select 1 as n, 1::decimal(18, 2) as price", data_type=name) == ""


def test_an_incremental_model_says_how_it_follows_its_deliveries(tiny: Tiny) -> None:
    said = tiny.build("select 1 as n, 1::decimal(18, 2) as price", kind="incremental")
    assert "Only replace_touched and replace_differing are an incremental_strategy here" in said

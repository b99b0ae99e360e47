"""The models on a small company: their own tests, their schemas, their audiences."""

from typing import Any

from include import transform
from include.settings import Settings
from include.warehouse import connect, read_query, read_table
from tests.dbt_project.company import at_home, digests

JULY = "2025-07-01"
MARTS = {file.stem for file in (transform.PROJECT / "models" / "marts").glob("*.sql")}
AUDIENCES = {
    "act_ads__lookalike_seed",
    "act_crm__churn_watchlist",
    "act_email__champions_rewards",
    "act_email__win_back",
}


def test_every_unit_test_passes(july: Settings) -> None:
    with at_home(july.home):
        outcome = transform.invoke(
            ["test", "--select", "test_type:unit"], as_of=JULY, settings=july
        )
    results: Any = outcome.result
    verdicts = {
        result.node.name: str(result.status)
        for result in results
        if str(result.node.resource_type) == "unit_test"
    }
    assert len(verdicts) >= 60
    assert {name for name, status in verdicts.items() if status != "pass"} == set()


def test_tables_stand_in_four_schemas_by_their_exact_names(july: Settings) -> None:
    with connect(july.marts, read_only=True) as marts:
        made = read_query(
            marts,
            "SELECT table_schema, table_name, table_type FROM information_schema.tables "
            "WHERE table_catalog = current_database() AND table_schema NOT IN ('ml', 'told')",
        )
    assert set(made["table_schema"]) == {"staging", "intermediate", "marts", "activation"}
    by_schema = {
        str(schema): set(rows["table_name"]) for (schema,), rows in made.group_by("table_schema")
    }
    assert by_schema["marts"] == MARTS
    assert by_schema["activation"] == AUDIENCES
    views = made.filter(made["table_type"] == "VIEW")
    assert set(views["table_schema"]) == {"staging", "intermediate"}


def test_building_twice_gives_the_same_rows(july: Settings) -> None:
    before = digests(july)
    assert len(before) > len(MARTS)
    with at_home(july.home):
        transform.build_marts(JULY)
        transform.build_audiences(JULY)
    assert digests(july) == before


def test_no_audience_holds_anyone_who_withdrew_refused_or_was_never_asked(july: Settings) -> None:
    with connect(july.marts, read_only=True) as marts:
        addressed = {
            customer
            for audience in AUDIENCES
            for customer in read_table(marts, f"activation.{audience}")["customer_id"]
        }
        known = set(read_table(marts, "marts.mart_customer_rfm")["customer_id"])
    assert known == {f"customer-{n}" for n in range(1, 7)}
    assert addressed
    assert addressed <= {"customer-3", "customer-5", "customer-6"}


def test_an_audience_says_why_in_words(july: Settings) -> None:
    with connect(july.marts, read_only=True) as marts:
        rows = read_table(marts, "activation.act_crm__churn_watchlist")
    assert set(rows.columns) == {"customer_id", "email", "segment_name", "churn_risk", "reason"}
    assert rows.height > 0
    assert all("Churn risk 90 %, last order " in reason for reason in rows["reason"])

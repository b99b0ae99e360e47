"""Money and scores are decimal: a sum of doubles depends on the number of threads."""

from typing import Any

import yaml

from include import transform
from include.landing.contract import list_contracts
from include.settings import Settings
from include.warehouse import connect, read_query
from tests.dbt_project.company import refusal

INEXACT = {"DOUBLE", "FLOAT", "REAL"}


def test_no_table_holds_an_inexact_number(july: Settings) -> None:
    with connect(july.marts, read_only=True) as marts:
        columns = read_query(
            marts,
            "SELECT table_schema || '.' || table_name || '.' || column_name AS name, data_type "
            "FROM information_schema.columns WHERE table_catalog = current_database() "
            "AND table_schema IN ('staging', 'intermediate', 'marts', 'activation')",
        )
    assert columns.height > 500
    inexact = columns.filter(columns["data_type"].is_in(INEXACT))
    assert inexact["name"].to_list() == []


def test_every_amount_has_two_decimals_and_every_share_six(july: Settings) -> None:
    with connect(july.marts, read_only=True) as marts:
        columns = read_query(
            marts,
            "SELECT column_name AS name, data_type FROM information_schema.columns "
            "WHERE table_catalog = current_database() AND table_schema = 'marts'",
        )
    for suffix, data_type in (
        ("_amount", "DECIMAL(18,2)"),
        ("_share", "DECIMAL(18,6)"),
        ("_ratio", "DECIMAL(18,6)"),
    ):
        named = columns.filter(columns["name"].str.ends_with(suffix))
        assert named.height > 2
        assert set(named["data_type"]) == {data_type}, suffix


def currency(column: dict[str, Any]) -> str:
    """The currency a dbt source states of one of its columns."""
    return str(column["config"]["meta"]["currency"])


def test_contracts_state_the_currency_of_every_amount_and_dbt_knows_the_same() -> None:
    stated = {
        (contract.name, column.name): column.currency
        for contract in list_contracts()
        for column in contract.columns
        if column.name.endswith("_amount")
    }
    known = {
        (f"{source['name'].removeprefix('raw_')}.{table['name']}", column["name"]): currency(column)
        for file in (transform.PROJECT / "models" / "staging").glob("*/_*__sources.yml")
        for source in yaml.safe_load(file.read_text(encoding="utf-8"))["sources"]
        for table in source["tables"]
        for column in table["columns"]
        if column["name"].endswith("_amount")
    }
    assert len(stated) == 4
    assert stated == known
    project = yaml.safe_load((transform.PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert set(stated.values()) == {project["vars"]["currency"]}


def test_a_source_in_another_currency_is_refused_before_anything_is_built(july: Settings) -> None:
    said = refusal(july, "stg_shop__order_lines", currency="EUR")
    assert "sales_amount is in USD, and every amount here is in EUR" in said
    assert "Convert it where it is extracted" in said

"""The suites: every table is guarded, and every promise says how bad and why."""

import re

import great_expectations.expectations as gxe
import pytest
import yaml
from great_expectations import ExpectationSuite
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations import landed, marts, scored
from expectations.promise import CRITICAL, PERSONAL
from include.settings import CHECKOUT

SUITES = (*landed.SUITES, *marts.SUITES, *scored.SUITES)
MODELS = CHECKOUT / "dbt_project" / "models"
CONTRACTS = sorted((CHECKOUT / "include" / "landing" / "contracts").glob("*.odcs.yaml"))
# Nobody may have called an order off, corrected a match, left an address or a cart so far.
MAY_BE_EMPTY = {
    "marts.fct_carts",
    "raw_crm.identity_corrections",
    "raw_shop.order_cancellations",
    "raw_shop.order_contacts",
}
OPTIONAL = {
    "raw_crm.identity_corrections",
    "raw_marketing.campaign_exposures",
    "raw_marketing.coupon_redemptions",
    "raw_shop.order_cancellations",
    "raw_shop.order_contacts",
    "raw_web.events",
}


def test_there_is_a_suite_for_every_contract_every_mart_and_every_audience() -> None:
    raw_tables = {
        "raw_" + file.name.removesuffix(".odcs.yaml").replace("__", ".") for file in CONTRACTS
    }
    mart_tables = {f"marts.{file.stem}" for file in (MODELS / "marts").glob("*.sql")}
    audiences = {f"activation.{file.stem}" for file in (MODELS / "activation").glob("act_*.sql")}
    told = yaml.safe_load((MODELS / "staging" / "ml" / "_ml__sources.yml").read_text())
    answers = {f"ml.{table['name']}" for table in told["sources"][0]["tables"]}
    assert raw_tables
    assert mart_tables
    assert audiences
    assert answers

    assert {suite.name for suite in landed.SUITES} == raw_tables
    after_landing = [suite.name for suite in (*marts.SUITES, *scored.SUITES)]
    assert sorted(after_landing) == sorted(mart_tables | audiences | answers)


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_every_promise_has_a_severity_and_a_reason(suite: ExpectationSuite) -> None:
    assert suite.expectations

    for expectation in suite.expectations:
        assert expectation.severity in {FailureSeverity.CRITICAL, FailureSeverity.WARNING}
        assert isinstance(expectation.notes, str)
        assert len(expectation.notes) > 40


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_a_suite_asks_first_for_rows_unless_there_may_be_none(suite: ExpectationSuite) -> None:
    counts = [e for e in suite.expectations if isinstance(e, gxe.ExpectTableRowCountToBeBetween)]
    assert counts == ([] if suite.name in MAY_BE_EMPTY else suite.expectations[:1])
    for count in counts:
        assert isinstance(count.min_value, int)
        assert count.min_value >= 1  # a table never has fewer rows than none


def test_a_source_that_may_be_absent_has_no_critical_promise_and_the_others_have() -> None:
    for suite in landed.SUITES:
        critical = any(expectation.severity is CRITICAL for expectation in suite.expectations)
        assert critical == (suite.name not in OPTIONAL), suite.name


def test_personal_columns_are_answered_by_yes_or_no_alone() -> None:
    attributes = {
        column["name"]
        for file in CONTRACTS
        for table in yaml.safe_load(file.read_text())["schema"]
        for column in table["properties"]
        if column.get("classification") == "personal" and not column["name"].endswith("_id")
    }
    assert "email" in attributes

    asked = [
        expectation
        for suite in SUITES
        for expectation in suite.expectations
        if attributes & set(re.findall(r"\w+", str(expectation.configuration.kwargs)))
    ]
    assert len(asked) > 3
    assert {expectation.result_format for expectation in asked} == {PERSONAL}


def test_a_promise_about_many_rows_selects_no_column_of_them() -> None:
    queries = [
        str(expectation.unexpected_rows_query)
        for suite in SUITES
        for expectation in suite.expectations
        if isinstance(expectation, gxe.UnexpectedRowsExpectation)
    ]
    assert len(queries) > 10

    for query in queries:
        assert re.match(r"(WITH days AS \(.*\) )?SELECT 1 FROM ", query), query

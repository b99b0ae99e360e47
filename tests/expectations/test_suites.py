"""The suites: every table is guarded, and every promise says how bad and why."""

import re

import great_expectations.expectations as gxe
import pytest
import yaml
from great_expectations import ExpectationSuite
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations import landed, marts
from expectations.promise import CRITICAL, PERSONAL
from include.settings import CHECKOUT

SUITES = (*landed.SUITES, *marts.SUITES)
CONTRACTS = sorted((CHECKOUT / "include" / "landing" / "contracts").glob("*.odcs.yaml"))
# Made of marts that have passed the gate and of the models' answers; dbt's data tests hold them.
AFTER_SCORING = {
    "marts.mart_customer_360",
    "marts.mart_segment_day_kpis",
    "marts.mart_segment_kpis",
}
OPTIONAL = {
    "raw_crm.identity_corrections",
    "raw_marketing.campaign_exposures",
    "raw_marketing.coupon_redemptions",
    "raw_shop.order_cancellations",
    "raw_shop.order_contacts",
    "raw_web.events",
}


def test_there_is_a_suite_for_every_contract_and_every_mart() -> None:
    raw_tables = {
        "raw_" + file.name.removesuffix(".odcs.yaml").replace("__", ".") for file in CONTRACTS
    }
    models = (CHECKOUT / "dbt_project" / "models" / "marts").glob("*.sql")
    mart_tables = {f"marts.{file.stem}" for file in models} - AFTER_SCORING
    assert raw_tables
    assert mart_tables

    assert {suite.name for suite in landed.SUITES} == raw_tables
    assert {suite.name for suite in marts.SUITES} == mart_tables


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_every_promise_has_a_severity_and_a_reason(suite: ExpectationSuite) -> None:
    assert suite.expectations

    for expectation in suite.expectations:
        assert expectation.severity in {FailureSeverity.CRITICAL, FailureSeverity.WARNING}
        assert isinstance(expectation.notes, str)
        assert len(expectation.notes) > 40


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_every_suite_counts_its_rows_first(suite: ExpectationSuite) -> None:
    assert suite.expectations[0].expectation_type == "expect_table_row_count_to_be_between"


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

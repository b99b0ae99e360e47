"""Findings: check one suite, and say in counts and in our own words what was found."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.expectations.expectation import Expectation

from expectations.promise import CRITICAL, PERSONAL, dates

ROW_COUNT = "expect_table_row_count_to_be_between"
COUNTS_ONLY = {"result_format": "BASIC", "exclude_unexpected_values": True}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found of one promise. Counts are None where the column is personal."""

    suite: str
    expectation: str
    column_name: str | None
    severity: str
    success: bool
    observed_count: int | None
    unexpected_count: int | None
    notes: str

    @property
    def stops_the_day(self) -> bool:
        """A critical promise that did not hold."""
        return not self.success and self.severity == CRITICAL.value

    def __str__(self) -> str:
        """Say it in one line, for a log."""
        column = f" ({self.column_name})" if self.column_name else ""
        counts = "" if self.observed_count is None else f" Rows: {self.observed_count}."
        if self.unexpected_count is not None:
            counts += f" Unexpected: {self.unexpected_count}."
        return f"{self.suite}: {self.expectation}{column} [{self.severity}].{counts} {self.notes}"


def missing(suite: str, expectations: Iterable[Expectation]) -> Finding:
    """Return the finding of a table that is not there: critical where any of its promises is."""
    promised = [expectation.severity for expectation in expectations]
    return Finding(
        suite=suite,
        expectation="The table is there.",
        column_name=None,
        severity=max(promised).value,
        success=False,
        observed_count=None,
        unexpected_count=None,
        notes="Nothing of it has been delivered, or the stage before this gate did not run.",
    )


def check_suite(
    suite: str,
    expectations: Iterable[Expectation],
    source: SQLDatasource,
    *,
    rows: str,
    as_of: date,
) -> list[Finding]:
    """Check each promise of one suite on what the query ``rows`` selects."""
    asset = source.add_query_asset(suite, query=rows)
    batch = asset.add_batch_definition_whole_table("rows").get_batch()
    return [_check(suite, expectation, batch, as_of) for expectation in expectations]


def _check(suite: str, expectation: Expectation, batch: Batch, as_of: date) -> Finding:
    """Check one promise. What could not be checked is critical, whatever it promised."""
    personal = expectation.result_format is PERSONAL
    result: ExpectationValidationResult | None = None
    try:
        result = batch.validate(
            expectation,
            result_format=PERSONAL if personal else COUNTS_ONLY,
            expectation_parameters=dates(as_of),
        )
        error = _error_in(result)
    except Exception as raised:  # noqa: BLE001 - whatever went wrong, the promise is unchecked
        error = type(raised).__name__
    counts = {} if result is None else result.result
    return Finding(
        suite=suite,
        expectation=_in_words(expectation),
        column_name=getattr(expectation, "column", None),
        severity=CRITICAL.value if error else expectation.severity.value,
        success=error is None and result is not None and result.success is True,
        observed_count=_observed(expectation, counts),
        unexpected_count=_unexpected(expectation, counts),
        notes=f"Could not be checked ({error}). {expectation.notes}"
        if error
        else str(expectation.notes),
    )


def _in_words(expectation: Expectation) -> str:
    """Return the promise's own description, or its type with the bounds it was given."""
    if expectation.description:
        return str(expectation.description)
    given = expectation.configuration.kwargs
    bounds = [
        f"{sign} {_plain(given[name])}"
        for name, sign in (
            ("min_value", ">" if given.get("strict_min") else ">="),
            ("max_value", "<" if given.get("strict_max") else "<="),
            ("mostly", "mostly"),
            ("value_set", "in"),
        )
        if name in given
    ]
    return f"{expectation.expectation_type} {', '.join(bounds)}".strip()


def _plain(bound: object) -> str:
    """Return a bound as a person writes it; a date of the run by its name."""
    if isinstance(bound, dict):
        return str(bound["$PARAMETER"])
    return f"{bound:g}" if isinstance(bound, float) else str(bound)


def _error_in(result: ExpectationValidationResult) -> str | None:
    """Return the kind of the error that kept a result from being computed, never its text.

    The text may quote the value the database stumbled over.
    """
    info: dict[str, Any] = result.exception_info or {}
    raised = [info] if "raised_exception" in info else list(info.values())
    for error in raised:
        if error.get("raised_exception"):
            message = str(error.get("exception_message"))
            missing_column = re.match(
                r'Error: The column "\w+" in BatchData does not exist', message
            )
            if missing_column:
                return "the column is not there"
            kind = re.match(r"\(\w+\.(\w+)\)", message)
            return kind[1] if kind else "metric error"
    return None


def _observed(expectation: Expectation, counts: dict[str, Any]) -> int | None:
    """Return how many rows were looked at, where the result says so."""
    if expectation.expectation_type == ROW_COUNT:
        return counts.get("observed_value")
    return counts.get("element_count")


def _unexpected(expectation: Expectation, counts: dict[str, Any]) -> int | None:
    """Return how many rows broke the promise, where the result says so."""
    if expectation.expectation_type == "unexpected_rows_expectation":
        return counts.get("observed_value")
    return counts.get("unexpected_count")

"""The words suites are written in: severities, the run's dates, promises about many rows."""

from datetime import date, timedelta

import great_expectations.expectations as gxe
from great_expectations.core.result_format import ResultFormat
from great_expectations.expectations.metadata_types import FailureSeverity

CRITICAL = FailureSeverity.CRITICAL  # stops the day
WARNING = FailureSeverity.WARNING  # is reported
PERSONAL = ResultFormat.BOOLEAN_ONLY  # of a personal column, only whether the promise holds

AS_OF = {"$PARAMETER": "as_of"}
LAST_LABELLED = {"$PARAMETER": "last_labelled"}  # the last snapshot whose 30 days are over


def dates(as_of: date) -> dict[str, date]:
    """Return the run's dates by the names suites call them."""
    return {
        "as_of": as_of,
        "last_labelled": as_of - timedelta(days=30),
    }


def of_the_day() -> gxe.ExpectColumnValuesToBeBetween:
    """Promise that every row is of the run's day."""
    return gxe.ExpectColumnValuesToBeBetween(
        column="as_of",
        min_value=AS_OF,
        max_value=AS_OF,
        severity=CRITICAL,
        notes="Rows of another day would be scored, exported and published as today's.",
    )


def same_customers_as(
    table: str, *, description: str, notes: str, or_nobody: bool = False
) -> gxe.UnexpectedRowsExpectation:
    """Promise that the customers are those of another table or, where that is allowed, nobody."""
    unless = "WHERE EXISTS (SELECT 1 FROM {batch}) " if or_nobody else ""
    return gxe.UnexpectedRowsExpectation(
        description=description,
        unexpected_rows_query=(
            f"SELECT 1 FROM ((SELECT customer_id FROM {{batch}} EXCEPT "
            f"SELECT customer_id FROM {table}) UNION ALL "
            f"(SELECT customer_id FROM {table} {unless}EXCEPT "
            "SELECT customer_id FROM {batch})) AS in_one_only"
        ),
        severity=CRITICAL,
        notes=notes,
    )


def blind_to_their_own_day() -> gxe.ExpectColumnValuesToBeBetween:
    """Promise that the features of a training set end the day before their snapshot."""
    return gxe.ExpectColumnValuesToBeBetween(
        column="recency_days",
        min_value=1,
        severity=CRITICAL,
        notes="A feature that sees its own snapshot day leaks the label.",
    )


def no_rows_where(
    condition: str,
    *,
    description: str,
    severity: FailureSeverity,
    notes: str,
    result_format: ResultFormat = ResultFormat.BASIC,
) -> gxe.UnexpectedRowsExpectation:
    """Promise that ``condition`` holds of no row."""
    return gxe.UnexpectedRowsExpectation(
        description=description,
        unexpected_rows_query=f"SELECT 1 FROM {{batch}} WHERE {condition}",
        severity=severity,
        notes=notes,
        result_format=result_format,
    )


def few_rows_where(  # noqa: PLR0913 - a promise has this many parts
    condition: str,
    *,
    share: float,
    description: str,
    severity: FailureSeverity,
    notes: str,
    result_format: ResultFormat = ResultFormat.BASIC,
) -> gxe.UnexpectedRowsExpectation:
    """Promise that ``condition`` holds of no more than ``share`` of the rows; count them if not."""
    return gxe.UnexpectedRowsExpectation(
        description=description,
        unexpected_rows_query=(
            f"SELECT 1 FROM {{batch}} WHERE {condition} "
            f"QUALIFY count(*) OVER () > {share} * (SELECT count(*) FROM {{batch}})"
        ),
        severity=severity,
        notes=notes,
        result_format=result_format,
    )

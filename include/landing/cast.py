"""Cast: the contract as SQL: each column's type and each reason a value can be turned away.

Set-based: one expression a column, no row ever passes through Python. Messages name the column
and the rule, never the value, which may be personal.
"""

from dataclasses import dataclass

from include.landing.contract import Column, Contract
from include.landing.reading import Reading, Rule
from include.warehouse import literal, quoted_column

# DuckDB's casts are generous (1e3, 1.5 -> 2, 'infinity', 1_000, blanks), so text has a shape first.
_DATE = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_SHAPES = {
    "integer": "-?[0-9]+",
    "number": r"-?[0-9]+(?:\.[0-9]{1,%d})?",
    "boolean": "(?i:true|false)",
    "date": _DATE,
    "timestamp": _DATE + r"[ T](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z?",
}
_KINDS = {
    "integer": "not a whole number",
    "boolean": "not true or false",
    "date": "not a date (YYYY-MM-DD)",
    "timestamp": "not a time (YYYY-MM-DD HH:MM:SS)",
}
_ENDLESS = ("date", "timestamp")  # types with an infinity; as text it has no shape
_ANY_SCALE = 17  # the digits after the point that a double can tell apart


@dataclass(frozen=True, kw_only=True)
class Cast:
    """SQL for one contract over one reading's rows."""

    columns: str  # the typed columns, in the contract's order
    is_good: str  # true for rows that may land
    reasons: str  # a list of every reason against a row


def cast_rows(contract: Contract, reading: Reading, *, delivered_on: str) -> Cast:
    """Return the SQL that turns the reading's rows into the contract's types, or says why not."""
    rules = list(reading.rules)
    for column in contract.columns:
        rules += _rules(column, delivered_on=delivered_on, is_text=reading.is_text)
    reasons = ", ".join(f"CASE WHEN {r.broken} THEN {literal(r.reason)} END" for r in rules)
    return Cast(
        columns=", ".join(f"{_typed(c)} AS {quoted_column(c.name)}" for c in contract.columns),
        is_good=" AND ".join(f"NOT coalesce({r.broken}, false)" for r in rules) or "true",
        reasons=f"list_filter([{reasons}]::varchar[], lambda reason: reason IS NOT NULL)",
    )


def _typed(column: Column) -> str:
    name = quoted_column(column.name)
    return (
        name if column.physical_type == "varchar" else f"try_cast({name} AS {column.physical_type})"
    )


def _rules(column: Column, *, delivered_on: str, is_text: bool) -> list[Rule]:
    """Return every reason against a value of ``column``; no value breaks only ``required``."""
    name, typed = quoted_column(column.name), _typed(column)
    broken: list[tuple[str, str]] = []
    if column.required:
        broken.append((f"{name} IS NULL", "missing"))
    if is_text and column.logical_type != "string":
        shape = literal(_shape(column))
        is_shapeless = f"NOT regexp_full_match({name}, {shape})"
        broken.append(
            (f"{name} IS NOT NULL AND ({is_shapeless} OR {typed} IS NULL)", _kind(column))
        )
    if column.physical_type == "double" or (not is_text and column.physical_type in _ENDLESS):
        broken.append((f"NOT isfinite({typed})", "not finite"))
    if column.enum:
        values = ", ".join(literal(value) for value in column.enum)
        broken.append((f"{name} NOT IN ({values})", "not one of the contract's values"))
    if column.pattern:
        pattern = literal(column.pattern)
        broken.append(
            (f"NOT regexp_full_match({name}, {pattern})", "not of the contract's pattern")
        )
    if column.max_length is not None:
        broken.append((f"length({name}) > {column.max_length}", f"longer than {column.max_length}"))
    for bound, sign, word in ((column.minimum, "<", "below"), (column.maximum, ">", "above")):
        if bound is not None:
            limit = f"{literal(bound)}::{column.physical_type}"
            broken.append((f"{typed} {sign} {limit}", f"{word} {bound}"))
    if column.before_delivery:
        broken.append((f"{typed} >= {literal(delivered_on)}::date", "not before the delivery date"))
    return [Rule(broken=sql, reason=f"{column.name}: {why}") for sql, why in broken]


def _shape(column: Column) -> str:
    if column.logical_type != "number":
        return _SHAPES[column.logical_type]
    return _SHAPES["number"] % (_scale(column) or _ANY_SCALE)


def _scale(column: Column) -> int | None:
    """Return the digits after a decimal's point; None for a double."""
    if column.physical_type == "double":
        return None
    return int(column.physical_type.rpartition(",")[2].strip(" )"))


def _kind(column: Column) -> str:
    return _KINDS.get(column.logical_type) or f"not a {column.physical_type}"

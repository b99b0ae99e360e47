"""Cast: the contract as SQL: each column's type and each reason a value can be turned away.

Set-based: one expression a column, no row ever passes through Python. Messages name the column
and the rule, never the value, which may be personal.
"""

from dataclasses import dataclass, replace

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
# A window is a wall for the optimiser, which would else work every cast out twice: once to filter.
_BARRIER = "row_number() OVER ()"
_ANY_SCALE = 17  # the digits after the point that a double can tell apart


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The rules of one contract for one day's file, as SQL over text (or Parquet's own types)."""

    contract: Contract
    rules: tuple[Rule, ...]

    def good_rows(self, rows: str) -> str:
        """Return the SQL of the typed rows that may land, each with its ``_row_number``."""
        typed = ", ".join(
            f"{_typed(column)} AS {quoted_column(column.name)}" for column in self.contract.columns
        )
        names = ", ".join(quoted_column(column.name) for column in self.contract.columns)
        return (
            f"SELECT {names}, coalesce(_position, _nth) AS _row_number FROM ("
            f"SELECT *, {_BARRIER} AS _nth FROM ("
            f"SELECT {typed}, _position, _is_row AND {self._is_good} AS _is_good FROM {rows})) "
            "WHERE _is_good"
        )

    def bad_rows(self, rows: str) -> str:
        """Return the SQL of the numbers of all other rows, each with every reason against it."""
        reasons = ", ".join(
            f"CASE WHEN {r.broken} THEN {literal(r.reason)} END" for r in self.rules
        )
        return (
            "SELECT coalesce(_position, _nth) AS row_number, "
            f"list_filter([{reasons}]::varchar[], lambda reason: reason IS NOT NULL) AS reasons "
            f"FROM (SELECT *, {_BARRIER} AS _nth FROM ("
            f"SELECT *, _is_row AND NOT ({self._is_good}) AS _is_bad FROM {rows})) WHERE _is_bad"
        )

    @property
    def _is_good(self) -> str:
        """Return the condition that no rule is broken; it asks a rule's cheap proof first."""
        kept = [
            f"CASE WHEN {rule.proof} THEN true ELSE NOT coalesce({rule.broken}, false) END"
            for rule in self.rules
        ]
        return " AND ".join(["true", *kept])


def cast_rows(contract: Contract, reading: Reading, *, delivered_on: str) -> Cast:
    """Return what turns the reading's rows into the contract's types, or says why not."""
    rules = list(reading.rules)
    for column in contract.columns:
        rules += _rules(column, delivered_on=delivered_on, is_text=reading.is_text)
    return Cast(contract=contract, rules=tuple(rules))


def _typed(column: Column) -> str:
    name = quoted_column(column.name)
    return (
        name if column.physical_type == "varchar" else f"try_cast({name} AS {column.physical_type})"
    )


def _rules(column: Column, *, delivered_on: str, is_text: bool) -> list[Rule]:
    """Return every reason against a value of ``column``; no value breaks only ``required``."""
    name, typed = quoted_column(column.name), _typed(column)
    rules = _terms(column)
    if is_text and column.logical_type != "string":
        shapeless = f"NOT regexp_full_match({name}, {literal(_shape(column))})"
        broken = f"{name} IS NOT NULL AND ({shapeless} OR {typed} IS NULL)"
        rules.insert(0, Rule(broken=broken, reason=_kind(column), proof=_proof(column)))
    if column.physical_type == "double" or (not is_text and column.physical_type in _ENDLESS):
        rules.append(Rule(broken=f"NOT isfinite({typed})", reason="not finite"))
    if column.required:
        missing = Rule(broken=f"{name} IS NULL", reason="missing", proof=f"{name} IS NOT NULL")
        rules.insert(0, missing)
    if column.before_delivery:
        late = f"{typed} >= {literal(delivered_on)}::date"
        rules.append(Rule(broken=late, reason="not before the delivery date"))
    return [replace(rule, reason=f"{column.name}: {rule.reason}") for rule in rules]


def _terms(column: Column) -> list[Rule]:
    """Return what else the contract says of a value of ``column``: its range, its pattern."""
    name, typed = quoted_column(column.name), _typed(column)
    rules: list[Rule] = []
    if column.enum:
        values = ", ".join(literal(value) for value in column.enum)
        broken = f"{name} NOT IN ({values})"
        rules.append(Rule(broken=broken, reason="not one of the contract's values"))
    if column.pattern:
        broken = f"NOT regexp_full_match({name}, {literal(column.pattern)})"
        rules.append(Rule(broken=broken, reason="not of the pattern"))
    if column.max_length is not None:
        broken = f"length({name}) > {column.max_length}"
        rules.append(Rule(broken=broken, reason=f"longer than {column.max_length}"))
    for bound, sign, word in ((column.minimum, "<", "below"), (column.maximum, ">", "above")):
        if bound is not None:
            broken = f"{typed} {sign} {literal(bound)}::{column.physical_type}"
            rules.append(Rule(broken=broken, reason=f"{word} {bound}"))
    return rules


def _proof(column: Column) -> str:
    """Return a cheap condition that is true for most good texts: written as DuckDB writes them."""
    name = quoted_column(column.name)
    if column.physical_type == "double":
        return "false"  # nan and inf are written the same, too
    length = {"date": 10, "timestamp": 19}.get(column.physical_type)  # neither infinity nor BC
    is_length = f" AND strlen({name}) = {length}" if length else ""
    return f"{_typed(column)}::varchar = {name}{is_length}"


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

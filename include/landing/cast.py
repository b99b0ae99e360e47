"""Cast: the contract as SQL: the rows that may land, and every reason against the others.

Set-based: one expression a column, no row ever passes through Python. Messages name the column
and the rule, never the value, which may be personal.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from include.landing.column import Column
from include.landing.contract import Contract
from include.landing.reading import Reading, Rule
from include.landing.typed import known, type_column, vouched
from include.warehouse import literal, quoted_column

# The optimiser moves no volatile condition; else it would work every cast out twice, to filter.
_BARRIER = "random() >= 0"


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The rules of one contract for one day's file, as SQL over text (or Parquet's own types)."""

    contract: Contract
    values: tuple[str, ...]  # one expression a column
    rules: tuple[Rule, ...]
    sure: str  # one condition for most good rows, under which every sure rule is kept

    def good_rows(self, rows: str) -> str:
        """Return the SQL of the typed rows that may land, each with its ``_row_number``."""
        columns = self.contract.columns
        values = ", ".join(known(column) for column in columns)
        named = ", ".join(f"{known(c)} AS {quoted_column(c.name)}" for c in columns)
        return (
            f"SELECT {named}, _position AS _row_number FROM ("
            f"SELECT {values}, _position, {self._is_good} AND {_BARRIER} AS _is_good "
            f"FROM {self._typed(rows)}) WHERE _is_good"
        )

    def bad_rows(self, rows: str) -> str:
        """Return the SQL of the numbers of all other rows, each with every reason against it."""
        reasons = ", ".join(
            f"CASE WHEN {r.broken} THEN {literal(r.reason)} END" for r in self.rules
        )
        return (
            "SELECT _position AS row_number, "
            f"list_filter([{reasons}]::varchar[], lambda reason: reason IS NOT NULL) AS reasons "
            f"FROM {self._typed(rows)} WHERE NOT ({self._is_good})"
        )

    def _typed(self, rows: str) -> str:
        """Return a FROM item of the rows with every value beside what it was cast from."""
        typed = ", ".join(
            f"{value} AS {known(column)}"
            for column, value in zip(self.contract.columns, self.values, strict=True)
        )
        return f"(SELECT *, {typed} FROM {rows})"

    @property
    def _is_good(self) -> str:
        """Return the condition that no rule is broken; it asks the cheapest proofs first."""
        sure = _unbroken(rule for rule in self.rules if rule.is_sure)
        others = _unbroken(rule for rule in self.rules if not rule.is_sure)
        return f"CASE WHEN {self.sure} THEN true ELSE {sure} END AND {others}"


def _unbroken(rules: Iterable[Rule]) -> str:
    """Return the condition that none of ``rules`` is broken; it asks a rule's proof first."""
    kept = ["true"]
    for proof, proved in groupby(rules, key=lambda rule: rule.proof):
        unbroken = " AND ".join(f"NOT coalesce({rule.broken}, false)" for rule in proved)
        kept.append(f"CASE WHEN {proof} THEN true ELSE {unbroken} END")
    return " AND ".join(kept)


def cast_rows(contract: Contract, reading: Reading, *, delivered_on: str) -> Cast:
    """Return what turns the reading's rows into the contract's types, or says why not."""
    values, rules = [], list(reading.rules)
    bits, sure = 0, ["true"]
    for column in contract.columns:
        typed = type_column(contract, column, is_text=reading.is_text)
        bit = reading.plain.get(column.name, 0)
        if bit:
            typed = vouched(column, typed, bit=bit)
        found = _rules(column, typed.rules, delivered_on=delivered_on)
        if column.required and (bit or typed.value == quoted_column(column.name)):
            bits |= bit
            sure.append(f"{known(column)} IS NOT NULL")
            count = 2 if bit else 1  # that it is there; and, cast from a plain text, its shape
            found[:count] = [replace(rule, is_sure=True) for rule in found[:count]]
        values.append(typed.value)
        rules += found
    if bits:
        sure.insert(0, f"_plain & {bits} = {bits}")
    return Cast(
        contract=contract, values=tuple(values), rules=tuple(rules), sure=" AND ".join(sure)
    )


def _rules(column: Column, typed: tuple[Rule, ...], *, delivered_on: str) -> list[Rule]:
    """Return every reason against a value of ``column``; no value breaks only ``required``."""
    name, value = quoted_column(column.name), known(column)
    rules = [*typed, *_terms(column), *_bounds(column)]
    if column.required:
        missing = Rule(broken=f"{name} IS NULL", reason="missing", proof=f"{name} IS NOT NULL")
        rules.insert(0, missing)
    if column.before_delivery:
        late = f"{value} >= {literal(delivered_on)}::date"
        rules.append(Rule(broken=late, reason="not before the delivery date"))
    if column.future_skew_minutes is not None:
        minutes = column.future_skew_minutes
        limit = f"{literal(delivered_on)}::timestamp + to_minutes({minutes})"
        reason = f"more than {minutes} minutes after the delivery date began"
        rules.append(Rule(broken=f"{value} > {limit}", reason=reason))
    return [replace(rule, reason=f"{column.name}: {rule.reason}") for rule in rules]


def _terms(column: Column) -> list[Rule]:
    """Return what else the contract says of a text, and that a double is a number."""
    name = quoted_column(column.name)
    rules: list[Rule] = []
    if column.physical_type == "double":
        rules.append(Rule(broken=f"NOT isfinite({known(column)})", reason="not finite"))
    if column.enum:
        values = ", ".join(literal(value) for value in column.enum)
        broken = f"{name} NOT IN ({values})"
        rules.append(Rule(broken=broken, reason="not one of the contract's values"))
    if column.pattern:
        broken = f"NOT regexp_full_match({name}, {literal(column.pattern)})"
        rules.append(Rule(broken=broken, reason="not of the pattern"))
    if column.min_length is not None:
        broken = f"length({name}) < {column.min_length}"
        rules.append(Rule(broken=broken, reason=f"shorter than {column.min_length}"))
    if column.max_length is not None:
        broken = f"length({name}) > {column.max_length}"
        rules.append(Rule(broken=broken, reason=f"longer than {column.max_length}"))
    return rules


def _bounds(column: Column) -> list[Rule]:
    """Return the ends of the contract's range; a minimum and a maximum belong to it."""
    return [
        Rule(
            broken=f"{known(column)} {sign} {literal(bound)}::{column.physical_type}",
            reason=f"{word} {bound}",
        )
        for bound, sign, word in (
            (column.minimum, "<", "below"),
            (column.maximum, ">", "above"),
            (column.above, "<=", "not above"),
            (column.below, ">=", "not below"),
        )
        if bound is not None
    ]

"""Typed: one column's text as SQL of its type, and why a text may be none.

DuckDB's casts are generous (1e3, 1.5 -> 2, 'infinity', 1_000, blanks), so text has a shape first.
What else the contract says of a value belongs in :mod:`include.landing.cast`.
"""

from dataclasses import dataclass, replace

from include.landing.column import Column, scale_of
from include.landing.contract import Contract
from include.landing.moments import DATE, ISO_DATE, ISO_TIME, OFFSET, TIME, Format, read_format
from include.landing.plain import ANY_SCALE
from include.landing.reading import Rule
from include.warehouse import literal, quoted_column

_DAY = 86_400_000_000  # microseconds; no zone changes its clocks twice within two days
_EPOCHS = {  # unit: its name, its microseconds, its last count before the year 10000
    "s": ("seconds", 1_000_000, 253_402_300_799),
    "ms": ("milliseconds", 1_000, 253_402_300_799_999),
}
_ZONED = "TIMESTAMP WITH TIME ZONE"
_LEAST_MS = 100_000_000_000  # March 1973; a smaller count of milliseconds is one of seconds


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A column's value as SQL of its physical type, null where it is none, and why it may be.

    Rules name the value as :func:`known` does, so that no cast is worked out twice.
    """

    value: str
    rules: tuple[Rule, ...] = ()


def known(column: Column) -> str:
    """Return the name under which the rules find the value; no column of a contract has it."""
    return quoted_column(f"={column.name}")


def type_column(contract: Contract, column: Column, *, is_text: bool) -> Typed:
    """Return how ``column`` is read: from text as the contract writes it, or from Parquet's own."""
    if column.epoch:
        return _from_epoch(column, is_text=is_text)
    zone = column.time_zone or contract.time_zone
    is_local = column.logical_type == "timestamp" and zone != "UTC" and not column.has_offset
    if not is_text:
        return _from_parquet(column, zone if is_local else None)
    if column.logical_type == "string":
        return Typed(value=quoted_column(column.name))
    if column.logical_type in {"integer", "number"}:
        return _from_digits(contract, column)
    if column.logical_type == "boolean":
        return _shaped(column, "(?i:true|false)", "not true or false")
    moment = _from_moment(column, is_utc=zone == "UTC")
    return _localised(moment, zone) if is_local else moment


def vouched(column: Column, typed: Typed, *, bit: int) -> Typed:
    """Return ``typed`` with a cheaper proof of its shape: the batch has ``bit`` in ``_plain``."""
    shape, *others = typed.rules
    is_cast = f"{known(column)} IS NOT NULL"
    proof = f"CASE WHEN _plain & {bit} <> 0 THEN {is_cast} ELSE {shape.proof} END"
    return replace(typed, rules=(replace(shape, proof=proof), *others))


def _shaped(
    column: Column, shape: str, kind: str, *, value: str | None = None, proof: str = "false"
) -> Typed:
    """Return a value that must look like ``shape`` and be one of its type; ``kind`` says if not."""
    name = quoted_column(column.name)
    broken = f"NOT regexp_full_match({name}, {literal(shape)}) OR {known(column)} IS NULL"
    rule = Rule(broken=f"{name} IS NOT NULL AND ({broken})", reason=kind, proof=proof)
    return Typed(value=value or _cast(column), rules=(rule,))


def _cast(column: Column) -> str:
    return f"try_cast({quoted_column(column.name)} AS {column.physical_type})"


def _as_written(column: Column, value: str, *, length: int) -> str:
    """Return a cheap proof for most good texts: they are written as DuckDB writes them."""
    name = quoted_column(column.name)
    return f"strlen({name}) = {length} AND {value}::varchar = {name}"  # neither infinity nor BC


def _from_digits(contract: Contract, column: Column) -> Typed:
    """Read a number in ASCII digits, with the contract's marks and no others."""
    name, kind = quoted_column(column.name), column.physical_type
    thousands, decimal = contract.thousands_mark, contract.decimal_mark
    shape, plain = "-?[0-9]+", name
    if thousands:
        shape = f"-?(?:[0-9]{{1,3}}(?:[{thousands}][0-9]{{3}})+|[0-9]+)"
        plain = f"replace({plain}, {literal(thousands)}, '')"
    is_number = column.logical_type == "number"
    if is_number:
        scale = scale_of(kind)
        digits = ANY_SCALE if scale is None else scale
        shape += f"(?:[{decimal}][0-9]{{1,{digits}}})?" if digits else ""
    value = f"try_cast({plain} AS {kind})"
    written = f"{known(column)}::varchar"
    if is_number and decimal != ".":
        value = f"try_cast(replace({plain}, {literal(decimal)}, '.') AS {kind})"
        written = f"replace({written}, '.', {literal(decimal)})"
    # A double's nan and inf are written the same, too.
    proof = "false" if kind == "double" else f"{written} = {name}"
    said = f"not a {kind}" if is_number else "not a whole number"
    return _shaped(column, shape, said, value=value, proof=proof)


def _from_moment(column: Column, *, is_utc: bool) -> Typed:
    """Read a date or a time: ISO, or in the contract's format; with its offset, as UTC."""
    name = quoted_column(column.name)
    if column.format:
        return _from_format(column, read_format(column.format))
    if column.logical_type == "date":
        kind = f"not a date ({ISO_DATE})"
        return _shaped(column, DATE, kind, proof=_as_written(column, known(column), length=10))
    if column.has_offset:
        kind = f"not a time with its offset ({ISO_TIME}+HH:MM)"
        value = f"timezone('UTC', try_cast({name} AS timestamptz))"
        return _shaped(column, TIME + OFFSET, kind, value=value)
    shape = f"{TIME}Z?" if is_utc else TIME
    # What is known of a local time is its UTC.
    proof = _as_written(column, known(column) if is_utc else _cast(column), length=19)
    return _shaped(column, shape, f"not a time ({ISO_TIME})", proof=proof)


def _from_format(column: Column, written: Format) -> Typed:
    name, what = quoted_column(column.name), "time" if written.has_time else "date"
    if written.has_offset:  # DuckDB's %z does not know Z
        name = f"regexp_replace({name}, 'Z$', '+00:00')"
    value = f"try_strptime({name}, {literal(written.strptime)})"
    if written.has_offset:
        value = f"timezone('UTC', {value})"
    elif not written.has_time:
        value = f"{value}::date"
    return _shaped(column, written.shape, f"not a {what} ({column.format})", value=value)


def _from_epoch(column: Column, *, is_text: bool) -> Typed:
    """Read a whole count since 1970; a count of the other unit must not pass for this one."""
    name = quoted_column(column.name)
    word, micros, most = _EPOCHS[column.epoch or "s"]
    count = f"try_cast({name} AS bigint)"
    has_least = column.epoch == "ms" and column.minimum is None and column.above is None
    is_count = f"{count} BETWEEN -{most} AND {most}"
    if has_least:
        is_count += f" AND {count} NOT BETWEEN -{_LEAST_MS} AND {_LEAST_MS}"
    value = f"CASE WHEN {is_count} THEN make_timestamp({count} * {micros}) END"
    kind = f"not a count of {word} since 1970"
    if is_text:
        proof = f"{is_count} AND {count}::varchar = {name}"
        return _shaped(column, "-?[0-9]+", kind, value=value, proof=proof)
    broken = f"{name} IS NOT NULL AND {known(column)} IS NULL"
    return Typed(value=value, rules=(Rule(broken=broken, reason=kind),))


def _from_parquet(column: Column, zone: str | None) -> Typed:
    """Take Parquet's own value; of a local time, the UTC that ``zone`` makes of it."""
    name = quoted_column(column.name)
    if column.logical_type == "string":
        holds_nul = Rule(broken=f"contains({name}, chr(0))", reason="holds NUL")
        return Typed(value=name, rules=() if column.enum else (holds_nul,))  # an enum has none
    typed = Typed(value=_cast(column))
    if column.logical_type in {"date", "timestamp"}:  # as text an infinity has no shape
        endless = Rule(broken=f"NOT isfinite({name})", reason="not finite")
        typed = Typed(value=typed.value, rules=(endless,))
    return _localised(typed, zone, unless=f"typeof({name}) = {literal(_ZONED)}") if zone else typed


def _localised(local: Typed, zone: str, *, unless: str = "false") -> Typed:
    """Turn a local time into UTC; one the clocks skipped or showed twice is nobody's guess.

    Before and after a change of the clocks the zone has two offsets. A time that does not come
    back from UTC was skipped; one that comes back by either offset was shown twice.
    """
    there = local.value
    # As whole microseconds: DuckDB's own arithmetic on zoned times asks the calendar every time.
    shown, passed = f"epoch_us({there})", f"epoch_us(timezone({literal(zone)}, {there}))"

    def shown_at(instant: str) -> str:
        return f"epoch_us(timezone({literal(zone)}, make_timestamptz({instant})))"

    before, after = (
        f"({shown_at(f'{passed} {sign} {_DAY}')} - ({passed} {sign} {_DAY}))" for sign in "-+"
    )
    both = " AND ".join(f"{shown_at(f'{shown} - {o}')} = {shown}" for o in (before, after))
    # No change within a day: neither rule needs to look closer.
    proof = f"{unless} OR {before} = {after}"
    skipped = Rule(
        broken=f"{shown_at(passed)} <> {shown}",
        reason=f"a time the clocks of {zone} skipped",
        proof=proof,
    )
    twice = Rule(
        broken=f"{before} <> {after} AND {both}",
        reason=f"a time the clocks of {zone} showed twice",
        proof=proof,
    )
    value = f"make_timestamp({passed})"
    if unless != "false":
        value = f"CASE WHEN {unless} THEN {there} ELSE {value} END"
    return Typed(value=value, rules=(*local.rules, skipped, twice))

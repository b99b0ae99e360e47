"""Columns: what a contract says of one column, read from ODCS and checked.

Light on purpose, as :mod:`include.landing.contract` is. How a value is cast belongs in
:mod:`include.landing.typed`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from functools import cache
from zoneinfo import available_timezones

from include.landing.moments import DATE, TIME, read_format
from include.landing.odcs import Document

LOGICAL_TYPES = {  # the physical (DuckDB) types that may stand behind each logical type
    "string": r"varchar",
    "boolean": r"boolean",
    "integer": r"integer|bigint",
    "number": r"double|decimal\([1-9][0-9]?, ?[0-9]{1,2}\)",
    "date": r"date",
    "timestamp": r"timestamp",
}
CLASSIFICATIONS = ("public", "internal", "confidential", "personal")
EPOCHS = ("s", "ms")
OPTIONS = {  # what ODCS lets each logical type say of its values
    "string": ("pattern", "minLength", "maxLength"),
    "boolean": (),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "date": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format"),
}
OPTIONS["timestamp"] = (*OPTIONS["date"], "timezone", "defaultTimezone")
CUSTOM = (
    *("beforeDelivery", "futureSkewMinutes", "epoch", "currency", "madeUp", "purpose", "retention"),
)
KEYS = (  # what landing reads, and what only describes; anything else would be an empty promise
    *("name", "description", "logicalType", "physicalType", "logicalTypeOptions", "required"),
    *("primaryKey", "primaryKeyPosition", "classification", "enum", "customProperties"),
    *("id", "businessName", "physicalName", "tags", "examples", "synonyms", "semanticType"),
    *("deprecated", "criticalDataElement", "authoritativeDefinitions"),
)
CURRENCY = r"[A-Z]{3}"  # ISO 4217
RETENTION = r"P[1-9][0-9]{0,3}[YMD]"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CLASSES = re.compile(r"\\[pP](?:\{\^?\w+\}|[A-Z])")  # such as \p{L}: RE2 has them, Python not
_NOT_RE2 = re.compile(r"\(\?(?:[=!]|<[=!]|>|\(|P=)|\\[1-9]")
_MAX_PRECISION = 38
_LIMITS = {"integer": (Decimal(1), Decimal(2**31)), "bigint": (Decimal(1), Decimal(2**63))}
_RESERVED = ("file_row_number",)  # DuckDB's own, where it reads Parquet


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its name, its type, and what its values must keep to."""

    name: str
    description: str
    logical_type: str
    physical_type: str
    required: bool = False
    key_position: int | None = None
    classification: str | None = None
    purpose: str | None = None
    retention: str | None = None
    enum: tuple[str, ...] = ()
    minimum: str | None = None
    maximum: str | None = None
    above: str | None = None  # an exclusive minimum
    below: str | None = None  # an exclusive maximum
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    format: str | None = None
    epoch: str | None = None
    has_offset: bool = False
    time_zone: str | None = None  # where it is not the contract's
    before_delivery: bool = False
    future_skew_minutes: int | None = None
    currency: str | None = None
    made_up: bool = False


def read_column(place: Document) -> Column:
    """Return the column described at ``place``, or say the line of what is wrong with it."""
    place.only(KEYS)
    name = place.get("name", str)
    if not _NAME.fullmatch(name) or name in _RESERVED:
        place.at("name").wrong(
            f"column {name!r}: names are lower case, digits and _, and none of DuckDB's own"
        )
    logical_type = place.choice("logicalType", tuple(LOGICAL_TYPES))
    options, custom = place.at("logicalTypeOptions"), place.custom(CUSTOM)
    place.maybe("logicalTypeOptions", dict)
    for option in sorted(set(options.value or {}) - set(OPTIONS[logical_type])):
        options.at(option).wrong(f"landing does not know the option {option!r} of a {logical_type}")
    column = Column(
        name=name,
        description=place.get("description", str),
        logical_type=logical_type,
        physical_type=_physical_type(place, logical_type),
        required=place.get("required", bool, default=False),
        key_position=_key_position(place),
        classification=_maybe_choice(place, "classification", CLASSIFICATIONS),
        purpose=custom.maybe("purpose", str),
        retention=custom.maybe("retention", str),
        enum=tuple(item.get("value", str) for item in place.items("enum")),
        minimum=options.bound("minimum"),
        maximum=options.bound("maximum"),
        above=options.bound("exclusiveMinimum"),
        below=options.bound("exclusiveMaximum"),
        pattern=options.maybe("pattern", str),
        min_length=options.count("minLength"),
        max_length=options.count("maxLength"),
        format=options.maybe("format", str),
        epoch=_maybe_choice(custom, "epoch", EPOCHS),
        has_offset=options.get("timezone", bool, default=False),
        time_zone=time_zone(options, "defaultTimezone"),
        before_delivery=custom.get("beforeDelivery", bool, default=False),
        future_skew_minutes=custom.count("futureSkewMinutes"),
        currency=custom.maybe("currency", str),
        made_up=custom.get("madeUp", bool, default=False),
    )
    _check_bounds(options, column)
    _check_text(place, options, column)
    _check_moment(options, custom, column)
    _check_currency(custom, column)
    _check_privacy(place, custom, column)
    return column


def time_zone(place: Document, step: str) -> str | None:
    """Return the name of a time zone of the IANA's list at ``step``; None where there is none."""
    zone = place.maybe(step, str)
    if zone not in {None, "UTC"} and zone not in _zones():
        place.at(step).wrong(f"{step} must be one of the IANA's names, as Europe/Berlin: {zone!r}")
    return zone


@cache
def _zones() -> set[str]:
    return available_timezones() - {"localtime"}  # whatever this machine's clock says


def scale_of(physical_type: str) -> int | None:
    """Return the digits after a decimal's point; None for any other type."""
    if not physical_type.startswith("decimal"):
        return None
    return int(physical_type.rpartition(",")[2].strip(" )"))


def _physical_type(place: Document, logical_type: str) -> str:
    physical_type = place.get("physicalType", str).lower()
    if not re.fullmatch(LOGICAL_TYPES[logical_type], physical_type):
        place.at("physicalType").wrong(
            f"physicalType {physical_type!r} cannot stand behind logicalType {logical_type!r}"
        )
    scale = scale_of(physical_type)
    if scale is not None:
        precision = int(re.sub(r"[^0-9].*", "", physical_type.removeprefix("decimal(")))
        if not scale <= precision <= _MAX_PRECISION:
            place.at("physicalType").wrong(
                f"{physical_type}: up to {_MAX_PRECISION} digits, and no more after the point"
            )
    return physical_type


def _key_position(place: Document) -> int | None:
    """Return the column's place in the primary key; a key's columns must be required."""
    if not place.get("primaryKey", bool, default=False):
        return None
    if not place.get("required", bool, default=False):
        place.at("primaryKey").wrong("a primary key's columns must be required")
    return place.get("primaryKeyPosition", int, 1)


def _maybe_choice(place: Document, step: str, allowed: tuple[str, ...]) -> str | None:
    return None if place.at(step).value is None else place.choice(step, allowed)


def _check_bounds(options: Document, column: Column) -> None:
    """Refuse a bound that is no value of the column's type, and a range without values."""
    low, high = None, None
    for step, bound in (
        ("minimum", column.minimum),
        ("exclusiveMinimum", column.above),
        ("maximum", column.maximum),
        ("exclusiveMaximum", column.below),
    ):
        if bound is None:
            continue
        value = _parsed(bound, column)
        if value is None:
            options.at(step).wrong(f"{step} {bound!r} is no {column.physical_type}")
        if "aximum" in step:
            high = value
        else:
            low = value
    if low is not None and high is not None and low > high:
        options.wrong("no value lies in this range: its minimum is above its maximum")


def _parsed(bound: str, column: Column) -> Decimal | None:
    """Return a bound as a number that orders as its type does; None where it is not of the type."""
    if column.logical_type in {"date", "timestamp"}:
        shape = DATE if column.logical_type == "date" else f"{DATE}|{TIME}"
        try:
            moment = datetime.fromisoformat(bound) if re.fullmatch(shape, bound) else None
        except ValueError:  # such as 30 February
            return None
        return None if moment is None else Decimal(moment.strftime("%Y%m%d%H%M%S%f"))
    if not re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", bound):
        return None
    number = Decimal(bound)
    if column.physical_type == "double":
        return number
    least_digit, limit = _LIMITS.get(column.physical_type) or _limits_of(column.physical_type)
    with localcontext(prec=2 * _MAX_PRECISION + 2):
        is_held = -limit <= number < limit and number % least_digit == 0
    return number if is_held else None


def _limits_of(decimal: str) -> tuple[Decimal, Decimal]:
    """Return the least step of a decimal type, and the power of ten it does not reach."""
    precision, scale = (int(n) for n in re.findall("[0-9]+", decimal))
    return Decimal(1).scaleb(-scale), Decimal(1).scaleb(precision - scale)


def _check_text(place: Document, options: Document, column: Column) -> None:
    """Refuse an enum of what is no text, and a pattern that DuckDB's RE2 would not take."""
    if column.enum and column.logical_type != "string":
        place.at("enum").wrong("enum lists texts: it belongs to logicalType string")
    if column.pattern is None:
        return
    try:
        re.compile(_CLASSES.sub(".", column.pattern))
    except re.error as error:
        options.at("pattern").wrong(f"the pattern is no regular expression: {error}")
    if _NOT_RE2.search(column.pattern):
        options.at("pattern").wrong("the pattern looks around or back, which RE2 cannot")


def _check_moment(options: Document, custom: Document, column: Column) -> None:
    """Refuse what contradicts itself about dates and times."""
    is_time = column.logical_type == "timestamp"
    is_moment = is_time or column.logical_type == "date"
    if column.epoch and (not is_time or column.format or column.has_offset or column.time_zone):
        custom.at("epoch").wrong("epoch is for a timestamp, and leaves no format and no zone open")
    if column.has_offset and column.time_zone:
        options.at("defaultTimezone").wrong("a time with its offset has no other zone")
    for step, is_set in (
        ("beforeDelivery", column.before_delivery),
        ("futureSkewMinutes", column.future_skew_minutes is not None),
    ):
        if is_set and not is_moment:
            custom.at(step).wrong(f"{step} is for dates and times")
    if column.format is None:
        return
    try:
        read = read_format(column.format)
    except ValueError as error:
        options.at("format").wrong(f"format {column.format!r}: {error}")
    if read.has_time != is_time or read.has_offset != column.has_offset:
        options.at("format").wrong(
            f"format {column.format!r} does not fit: a timestamp has a time, a date has none, and "
            "XXX stands for the offset that timezone: true promises"
        )


def _check_currency(custom: Document, column: Column) -> None:
    """Hold the currency to be one, of a column that can be an amount."""
    if column.currency is None:
        return
    if column.logical_type != "number" or not re.fullmatch(CURRENCY, column.currency):
        custom.at("currency").wrong("currency is of a number, three capitals such as EUR")


def _check_privacy(place: Document, custom: Document, column: Column) -> None:
    """Refuse personal data without a purpose and a time after which it goes."""
    if column.retention is not None and not re.fullmatch(RETENTION, column.retention):
        custom.at("retention").wrong("retention is a period after delivery, such as P24M or P90D")
    if column.classification == "personal" and not (column.purpose and column.retention):
        place.at("classification").wrong(
            f"personal column {column.name!r} needs the custom properties purpose and retention"
        )

"""Column checks: refuse a column whose terms contradict each other, or that nothing could keep."""

import re
from datetime import datetime
from decimal import Decimal, localcontext

from include.landing.column import CURRENCY, RETENTION, Column
from include.landing.moments import DATE, TIME, read_format
from include.landing.odcs import Document

MAX_PRECISION = 38
_CLASSES = re.compile(r"\\[pP](?:\{\^?\w+\}|[A-Z])")  # such as \p{L}: RE2 has them, Python not
_NOT_RE2 = re.compile(r"\(\?(?:[=!]|<[=!]|>|\(|P=)|\\[1-9]")
_LIMITS = {"integer": (Decimal(1), Decimal(2**31)), "bigint": (Decimal(1), Decimal(2**63))}


def check_bounds(options: Document, column: Column) -> None:
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
    with localcontext(prec=2 * MAX_PRECISION + 2):
        is_held = -limit <= number < limit and number % least_digit == 0
    return number if is_held else None


def _limits_of(decimal: str) -> tuple[Decimal, Decimal]:
    """Return the least step of a decimal type, and the power of ten it does not reach."""
    precision, scale = (int(n) for n in re.findall("[0-9]+", decimal))
    return Decimal(1).scaleb(-scale), Decimal(1).scaleb(precision - scale)


def check_text(place: Document, options: Document, column: Column) -> None:
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


def check_moment(options: Document, custom: Document, column: Column) -> None:
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


def check_currency(custom: Document, column: Column) -> None:
    """Hold the currency to be one, of a column that can be an amount."""
    if column.currency is None:
        return
    if column.logical_type != "number" or not re.fullmatch(CURRENCY, column.currency):
        custom.at("currency").wrong("currency is of a number, three capitals such as EUR")


def check_privacy(place: Document, custom: Document, column: Column) -> None:
    """Refuse personal data without a purpose and a time after which it goes."""
    if column.retention is not None and not re.fullmatch(RETENTION, column.retention):
        custom.at("retention").wrong("retention is a period after delivery, such as P24M or P90D")
    if column.classification == "personal" and not (column.purpose and column.retention):
        place.at("classification").wrong(
            f"personal column {column.name!r} needs the custom properties purpose and retention"
        )

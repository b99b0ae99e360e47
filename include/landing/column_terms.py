"""Column terms: read what a contract says of one column, or say the line of what is wrong."""

import re
from functools import cache
from zoneinfo import available_timezones

from include.landing.column import (
    CLASSIFICATIONS,
    CUSTOM,
    EPOCHS,
    KEYS,
    LOGICAL_TYPES,
    OPTIONS,
    Column,
    scale_of,
)
from include.landing.column_checks import (
    MAX_PRECISION,
    check_bounds,
    check_currency,
    check_moment,
    check_privacy,
    check_text,
)
from include.landing.odcs import Document

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = ("file_row_number",)  # DuckDB's own, where it reads Parquet


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
    check_bounds(options, column)
    check_text(place, options, column)
    check_moment(options, custom, column)
    check_currency(custom, column)
    check_privacy(place, custom, column)
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


def _physical_type(place: Document, logical_type: str) -> str:
    physical_type = place.get("physicalType", str).lower()
    if not re.fullmatch(LOGICAL_TYPES[logical_type], physical_type):
        place.at("physicalType").wrong(
            f"physicalType {physical_type!r} cannot stand behind logicalType {logical_type!r}"
        )
    scale = scale_of(physical_type)
    if scale is not None:
        precision = int(re.sub(r"[^0-9].*", "", physical_type.removeprefix("decimal(")))
        if not scale <= precision <= MAX_PRECISION:
            place.at("physicalType").wrong(
                f"{physical_type}: up to {MAX_PRECISION} digits, and no more after the point"
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

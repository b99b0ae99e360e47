"""Columns: what a contract can say of one column, and the words it has for it.

Light on purpose, as :mod:`include.landing.contract` is. How it is read from ODCS belongs in
:mod:`include.landing.column_terms`, how a value is cast in :mod:`include.landing.typed`.
"""

from dataclasses import dataclass

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


def scale_of(physical_type: str) -> int | None:
    """Return the digits after a decimal's point; None for any other type."""
    if not physical_type.startswith("decimal"):
        return None
    return int(physical_type.rpartition(",")[2].strip(" )"))

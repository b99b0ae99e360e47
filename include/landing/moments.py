"""Moments: a contract's format for dates and times, as a shape and as DuckDB's own format.

Formats are written with the letters of Java's DateTimeFormatter, as ODCS has it. Light on purpose:
contracts are checked with it. How a value is cast belongs in :mod:`include.landing.typed`.
"""

import re
from typing import NamedTuple

ISO_DATE, ISO_TIME = "YYYY-MM-DD", "YYYY-MM-DD HH:MM:SS"
_YEAR = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"  # there was no year 0
DATE = f"{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
TIME = DATE + r"[ T](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
# Offsets reach from -12:00 to +14:00; DuckDB reads them with and without the colon.
OFFSET = r"(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"
LETTERS = {  # what a field of the format looks like, and DuckDB's name for it
    "yyyy": (_YEAR, "%Y"),
    "MMM": ("(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)", "%b"),
    "MM": ("(?:0[1-9]|1[0-2])", "%m"),
    "M": ("(?:0?[1-9]|1[0-2])", "%m"),
    "dd": ("(?:0[1-9]|[12][0-9]|3[01])", "%d"),
    "d": ("(?:0?[1-9]|[12][0-9]|3[01])", "%d"),
    "HH": ("(?:[01][0-9]|2[0-3])", "%H"),
    "H": ("(?:[01]?[0-9]|2[0-3])", "%H"),
    "mm": ("[0-5][0-9]", "%M"),
    "ss": ("[0-5][0-9]", "%S"),
    "SSSSSS": ("[0-9]{6}", "%f"),
    "SSS": ("[0-9]{3}", "%f"),
    "XXX": (OFFSET, "%z"),
}
_PARTS = re.compile(r"'(?P<quoted>[^']*)'|(?P<field>([A-Za-z])\3*)|(?P<mark>[^A-Za-z'])")
_DAY = ({"yyyy"}, {"MMM", "MM", "M"}, {"dd", "d"})
_HOUR = {"HH", "H"}
_OFFSET_FIELD = "XXX"


class Format(NamedTuple):
    """A format as a regular expression and as what ``strptime`` reads."""

    shape: str
    strptime: str
    has_time: bool
    has_offset: bool


def read_format(text: str) -> Format:
    """Return what a format means; a ``ValueError`` says what of it has no one meaning."""
    fields: list[str] = []
    shape, strptime, end = "", "", 0
    field = None
    for part in _PARTS.finditer(text):
        if part.start() != end:
            break
        was_field, end = field is not None, part.end()
        field = part["field"]
        if field is None:
            mark = part["quoted"] or ("'" if part["mark"] is None else part["mark"])
            shape += re.escape(mark)
            strptime += mark.replace("%", "%%")
            continue
        if field not in LETTERS:
            raise ValueError(f"{field!r} is none of {', '.join(LETTERS)}; quote other letters")
        is_open = was_field and fields[-1][0] == "S" and field != _OFFSET_FIELD
        if is_open or (was_field and 1 in {len(field), len(fields[-1])}):
            raise ValueError(f"{fields[-1]}{field} has no fixed width: put a mark between them")
        fields.append(field)
        shape += LETTERS[field][0]
        strptime += LETTERS[field][1]
    if end != len(text):
        raise ValueError("a quote is never closed")
    _check(fields)
    return Format(
        shape=shape,
        strptime=strptime,
        has_time=any(field in _HOUR for field in fields),
        has_offset=_OFFSET_FIELD in fields,
    )


def _check(fields: list[str]) -> None:
    """Refuse a format that leaves the day open, or says a field twice."""
    kinds = [field[0] for field in fields]
    if len(set(kinds)) != len(kinds):
        raise ValueError("a field is given twice")
    if any(not (kind & set(fields)) for kind in _DAY):
        raise ValueError("it needs a year of four digits, a month and a day")
    times = [kind for kind in "HmsS" if kind in kinds]
    if times != list("HmsS")[: len(times)] or len(times) == 1:
        raise ValueError("a time needs hours and minutes, and seconds before their fraction")
    if _OFFSET_FIELD in fields and not times:
        raise ValueError("an offset needs a time")

"""How numbers, dates and names are written for people."""

from datetime import date
from decimal import Decimal

from include.console.features import Kind

Number = int | float | Decimal

ABSENT = "–"
MILLION = 1_000_000
MONTHS_FROM = 90  # days that are said as months
MONTH_DAYS = 30.4
MINUS = "\N{MINUS SIGN}"  # as wide as the plus


def count(value: Number | None) -> str:
    """Write a whole number: ``1,469,307``."""
    return ABSENT if value is None else f"{round(value):,}"


def amount(value: Number | None) -> str:
    """Write an amount, short where it is long: ``12.40``, ``1,240``, ``3.14 M``."""
    if value is None:
        return ABSENT
    number = float(value)
    if abs(number) >= MILLION:
        return f"{number / MILLION:,.2f} M"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:,.2f}"  # noqa: PLR2004 - 3 digits


def share(value: Number | None, digits: int = 0) -> str:
    """Write a share of one as a percentage; what is there but rounds to nothing says so."""
    if value is None:
        return ABSENT
    percent = 100 * float(value)
    least = 10.0**-digits
    if 0 < percent < least / 2:
        return f"<{least:.{digits}f}%"
    return f"{percent:.{digits}f}%"


def decimals(value: Number | None, digits: int = 3) -> str:
    """Write a measure with a fixed number of decimals."""
    return ABSENT if value is None else f"{float(value):.{digits}f}"


def change(value: Number | None) -> str:
    """Write a relative change with its sign: ``+4.2%``."""
    return ABSENT if value is None else f"{100 * float(value):+.1f}%".replace("-", MINUS)


def signed(value: Number) -> str:
    """Write a measure between -1 and 1 with its sign: ``+0.62``."""
    return f"{float(value):+.2f}".replace("-", MINUS)


def days(value: Number, *, every: bool = False) -> str:
    """Write a number of days as people say it: ``9 days``, ``8 months``; ``every``: ``day``."""
    number = float(value)
    if number < MONTHS_FROM:
        return "day" if every and round(number) <= 1 else plural(max(1, round(number)), "day")
    return plural(round(number / MONTH_DAYS), "month")


def day(value: date | None) -> str:
    """Write a date in words: ``2 January 2018``."""
    return ABSENT if value is None else f"{value.day} {value:%B %Y}"


def short_day(value: date | None) -> str:
    """Write a date where there is little room: ``2 Jan 2018``."""
    return ABSENT if value is None else f"{value.day} {value:%b %Y}"


def measure(value: Number | None, kind: Kind) -> str:
    """Write a feature's value as its kind asks."""
    if value is None:
        return ABSENT
    if kind == "share":
        return share(value, 1)
    if kind == "amount":
        return amount(value)
    if kind == "ratio":
        return f"{float(value):.2f}"
    number = float(value)
    return f"{number:,.0f}" if number.is_integer() or number >= 10 else f"{number:.1f}"  # noqa: PLR2004


def spoken(name: str) -> str:
    """Write a technical name in words: ``win_back`` becomes ``Win back``."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def plural(number: Number, singular: str, many: str | None = None) -> str:
    """Write a number with its noun: ``1 file``, ``19 files``."""
    return f"{count(number)} {singular if round(number) == 1 else many or singular + 's'}"


def listed(words: list[str]) -> str:
    """Join words as a sentence does: ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)

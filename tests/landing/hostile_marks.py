"""Hostile values under contracts that say how numbers, dates and times are written."""

from typing import Any

from tests.landing.door import ADA, BOB, HEADER
from tests.landing.hostile import Hostile, contract_of, loaded, refused, value_of

GERMAN = {"decimal_mark": ",", "thousands_mark": "."}
BERLIN = {"time_zone": "Europe/Berlin"}
SKEW = {"future_skew_minutes": 15}


def cases() -> list[Hostile]:
    """Return every case of declared marks, formats, zones, epochs and limits."""
    return [*numbers(), *days(), *times(), *limits()]


def _value(case: str, kind: str, values: dict[str, str | None], **terms: Any) -> Hostile:
    """Return a CSV of one text a row: what it lands as, or None where it is set aside.

    ``because`` says why; ``contract`` are terms of the contract, all others of the column.
    """
    because, contract = terms.pop("because", ""), terms.pop("contract", {})
    rows = "".join(f'{n},"{value}"\n' for n, value in enumerate(values))
    landed = tuple(value for value in values.values() if value is not None)
    aside = tuple(n for n, value in enumerate(values.values(), start=1) if value is None)
    return Hostile(
        case=case,
        what=kind,
        data=f"id,v\n{rows}".encode(),
        verdict="quarantine" if aside else "load",
        rows=len(values),
        aside=aside,
        because=(because,) if because else (),
        values=landed,
        contract=contract_of(columns=value_of(kind, **terms), **contract),
    )


def numbers() -> list[Hostile]:
    """Numbers with the contract's marks, and with others."""
    comma = {"contract": {"decimal_mark": ","}}
    german, why = {"contract": GERMAN}, "v: not a decimal(18,2)"
    return [
        _value(
            "value-thousands-declared",
            "number",
            {"1.234,50": "1234.50", "-12.345.678,9": "-12345678.90", "1.234": "1234.00"},
            **german,
        ),
        _value(
            "value-thousands-misplaced",
            "number",
            {"12.34,50": None, "1.2345": None, ".123": None, "1..234": None, "1234.567": None},
            because=why,
            **german,
        ),
        _value("value-comma-declared", "number", {"2,50": "2.50", "-0,05": "-0.05"}, **comma),
        _value(
            "value-point-for-comma",
            "number",
            {"2.50": None, "1.234,50": None, "1,234.50": None},
            because=why,
            **comma,
        ),
    ]


def days() -> list[Hostile]:
    """Days in the contract's format, and in the other one."""
    dmy, why = {"format": "dd/MM/yyyy"}, "v: not a date (dd/MM/yyyy)"
    return [
        _value("date-dmy-declared", "date", {"01/02/2025": "2025-02-01"}, **dmy),
        _value("date-mdy-declared", "date", {"01/02/2025": "2025-01-02"}, format="MM/dd/yyyy"),
        _value(
            "date-mdy-for-dmy",
            "date",
            {"02/25/2025": None, "31/02/2025": None, "2025-02-01": None, "1/2/2025": None},
            because=why,
            **dmy,
        ),
        _value("date-two-digit-year", "date", {"01/02/25": None}, because=why, **dmy),
    ]


def times() -> list[Hostile]:
    """Local times, times with offsets, counts since 1970, and what is ahead of its day."""
    berlin: dict[str, Any] = {"contract": BERLIN}
    iso, seconds = "v: not a time (YYYY-MM-DD HH:MM:SS)", "v: not a count of seconds since 1970"
    local = {
        "2025-01-31 10:00:00": "2025-01-31 09:00:00",
        "2024-07-31 10:00:00": "2024-07-31 08:00:00",
        "2024-03-31 01:59:59": "2024-03-31 00:59:59",
        "2024-10-27 03:00:00": "2024-10-27 02:00:00",
    }
    gap = dict.fromkeys(["2024-03-31 02:00:00", "2024-03-31 02:59:59.999999"])
    fold = dict.fromkeys(["2024-10-27 02:00:00", "2024-10-27 02:59:59"])
    offsets = {
        "2024-10-27T02:30:00+02:00": "2024-10-27 00:30:00",
        "2024-10-27T02:30:00+01:00": "2024-10-27 01:30:00",
        "2024-10-27T02:30:00Z": "2024-10-27 02:30:00",
    }
    unsaid = dict.fromkeys(["2025-01-31 10:00:00", "2025-01-31 10:00:00 CET"])
    late, edge = "2025-03-03 00:15:01", "2025-03-03 00:15:00"
    return [
        _value("time-local", "timestamp", dict(local), **berlin),
        _value("time-gap", "timestamp", dict(gap), because="Europe/Berlin skipped", **berlin),
        _value("time-fold", "timestamp", dict(fold), because="Berlin showed twice", **berlin),
        _value(
            "time-z-in-local-zone",
            "timestamp",
            {"2025-01-31T10:00:00Z": None},
            because=iso,
            **berlin,
        ),
        _value("time-offset-declared", "timestamp", dict(offsets), has_offset=True),
        _value(
            "time-offset-missing",
            "timestamp",
            dict(unsaid),
            has_offset=True,
            because="v: not a time with its offset",
        ),
        _value("epoch-seconds", "timestamp", {"1740823200": "2025-03-01 10:00:00"}, epoch="s"),
        _value(
            "epoch-milliseconds",
            "timestamp",
            {"1740823200123": "2025-03-01 10:00:00.123000"},
            epoch="ms",
        ),
        _value(
            "epoch-milliseconds-for-seconds",
            "timestamp",
            {"1740823200000": None},
            epoch="s",
            because=seconds,
        ),
        _value(
            "epoch-seconds-for-milliseconds",
            "timestamp",
            {"1740823200": None, "0": None},
            epoch="ms",
            because="v: not a count of milliseconds since 1970",
        ),
        _value(
            "epoch-fraction",
            "timestamp",
            {"1740823200.5": None, "1.7e9": None},
            epoch="s",
            because=seconds,
        ),
        _value("future-within-skew", "timestamp", {edge: edge}, **SKEW),
        _value(
            "future-over-skew",
            "timestamp",
            {late: None, "9999-12-31 23:59:59": None},
            because="v: more than 15 minutes after the delivery date began",
            **SKEW,
        ),
    ]


def limits() -> list[Hostile]:
    """Files over the contract's own limits, and in its own encoding."""
    orders = HEADER + ADA + BOB
    return [
        refused(
            "file-over-max-bytes",
            "a byte too many",
            orders,
            f"it has {len(orders)} bytes; the contract allows {len(orders) - 1}",
            contract=contract_of(max_bytes=len(orders) - 1),
        ),
        refused(
            "file-over-max-rows",
            "a row too many",
            orders,
            "it has 2 rows; the contract allows 1",
            contract=contract_of(max_rows=1),
        ),
        loaded(
            "encoding-utf-16-declared",
            "with a byte order mark",
            orders.encode("utf-16"),
            rows=2,
            contract=contract_of(encoding="UTF-16"),
        ),
        _value(
            "value-too-short",
            "string",
            {"a": None, "ab": "ab"},
            min_length=2,
            because="v: shorter than 2",
        ),
    ]

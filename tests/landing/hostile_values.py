"""Hostile values: numbers, dates, times and texts that a generous cast would let in."""

from typing import Any

from tests.landing.door import HEADER
from tests.landing.hostile import Hostile, contract_of, value_of

WHOLE, DECIMAL, DAY = "not a whole number", "not a decimal(18,2)", "not a date"
TIME = "not a time"


def _values(
    case: str, kind: str, physical: str | None, bad: list[str], because: str, **terms: Any
) -> Hostile:
    """Return a CSV of a good row, a row for each bad value, and a good row."""
    good = {
        "integer": "1",
        "number": "1.00",
        "date": "2025-01-31",
        "boolean": "true",
        "timestamp": "2025-01-31 10:00:00",
        "string": "a",
    }[kind]
    quoted = ['"' + value.replace('"', '""') + '"' for value in (good, *bad, good)]
    rows = "".join(f"{n},{value}\n" for n, value in enumerate(quoted))
    return Hostile(
        case=case,
        what=f"{physical or kind}",
        data=f"id,v\n{rows}".encode(),
        verdict="quarantine",
        rows=len(bad) + 2,
        aside=tuple(range(2, len(bad) + 2)),
        because=(because,),
        contract=contract_of(columns=value_of(kind, physical, **terms)),
    )


def _exact(
    case: str, kind: str, physical: str | None, pairs: dict[str, str | None], **terms: Any
) -> Hostile:
    """Return a CSV whose every value must land, as exactly what is said."""
    rows = "".join(f'{n},"{value}"\n' for n, value in enumerate(pairs))
    return Hostile(
        case=case,
        what=f"{physical or kind}",
        data=f"id,v\n{rows}".encode(),
        verdict="load",
        rows=len(pairs),
        values=tuple(pairs.values()),
        contract=contract_of(columns=value_of(kind, physical, **terms)),
    )


def numbers() -> list[Hostile]:
    """Numbers that are none, or that a float would bend."""
    spelled = ["NaN", "nan", "-nan", "NAN"]
    endless = ["inf", "-inf", "Infinity", "+inf", "INF", "-Infinity", "\u221e"]
    digits = ["\u0661\u0662", "\uff11\uff12", "\u00b2", "\u2167", "\u0967", "\u22121", "1\u00a0000"]
    grouped = ["1,000", "1.000,00", "1 000", "1'000", "1\u202f000"]
    shaped = ["--1", "1-", "(1)", "$5", "5%", "one", "true", "\u200b1", "1/2", "1;2", "\u22121"]
    return [
        _values("value-nan", "number", None, spelled, DECIMAL),
        _values("value-nan", "integer", None, spelled, WHOLE),
        _values("value-nan", "number", "double", spelled, "not "),
        _values("value-infinity", "number", None, endless, DECIMAL),
        _values("value-infinity", "integer", None, endless, WHOLE),
        _values("value-infinity", "number", "double", endless, "not "),
        _values("value-1e309", "number", "double", ["1e309", "-1e309", "9" * 400], "not "),
        _values("value-too-large", "number", None, ["1e309", "9" * 17, "9" * 400], DECIMAL),
        _values("value-too-large", "integer", None, ["2147483648", "-2147483649", "9" * 60], WHOLE),
        _values(
            "value-id-beyond-2-63",
            "integer",
            "bigint",
            ["9223372036854775808", "-9223372036854775809", "9" * 60],
            WHOLE,
        ),
        _values("value-too-precise", "number", None, ["1.234", "0.001", "1.000"], DECIMAL),
        _values("value-thousands-undeclared", "number", None, grouped, DECIMAL),
        _values("value-thousands-undeclared", "integer", None, grouped, WHOLE),
        _values("value-comma-undeclared", "number", None, ["2,50", "0,5", "1,", ",5"], DECIMAL),
        _values("value-underscore", "integer", None, ["1_000", "1_0", "_1"], WHOLE),
        _values("value-hex", "integer", None, ["0x10", "0X1F", "0b1", "0o7", "1Fh"], WHOLE),
        _values("value-plus", "integer", None, ["+1", "++1"], WHOLE),
        _values("value-spaces", "integer", None, [" 1", "1 ", "1\t", "1\u00a0", "\u20071"], WHOLE),
        _values("value-exponent", "integer", None, ["1e3", "1E3", "1e-3", "1e+3"], WHOLE),
        _values(
            "value-null-word",
            "integer",
            None,
            ["NULL", "null", "None", "N/A", "#N/A", "nil", "\\N", "-"],
            WHOLE,
        ),
        _values("value-non-ascii-digits", "number", None, digits, DECIMAL),
        _values("value-non-ascii-digits", "integer", None, digits, WHOLE),
        _values("value-not-a-number", "integer", None, [*shaped, "1.0", "1.5"], WHOLE),
        _values("value-not-a-number", "number", None, [*shaped, ".5", "5.", "1.2.3"], DECIMAL),
        _values(
            "value-boolean-other",
            "boolean",
            None,
            ["1", "0", "yes", "no", "t", "f", " true", "wahr", "2"],
            "not true or false",
        ),
        _exact(
            "value-id-beyond-2-53",
            "integer",
            "bigint",
            {
                n: n
                for n in (
                    "9007199254740993",
                    "-9007199254740993",
                    "9223372036854775807",
                    "-9223372036854775808",
                )
            },
        ),
        _exact(
            "value-id-beyond-2-53",
            "string",
            None,
            {
                n: n
                for n in (
                    "9007199254740993",
                    "0009007199254740993",
                    "1e3",
                    "12345678901234567890123",
                )
            },
        ),
        _exact(
            "value-exact",
            "number",
            None,
            {
                "0.10": "0.10",
                "-0.05": "-0.05",
                "9999999999999999.99": "9999999999999999.99",
                "7": "7.00",
                "-0": "0.00",
                "007": "7.00",
            },
        ),
        _exact("value-null-token", "integer", None, {"": None, "0": "0"}),
    ]


def times() -> list[Hostile]:
    """Days that never were, times without a meaning, and other people's ways to write them."""
    impossible = [
        "2025-02-29",
        "1900-02-29",
        "2025-02-30",
        "2025-04-31",
        "2025-13-01",
        "2025-00-10",
        "2025-01-00",
        "0000-00-00",
        "2025-01-32",
    ]
    other = [
        "01/02/2025",
        "1.2.2025",
        "02-01-2025",
        "2025/01/02",
        "20250102",
        "2025-1-2",
        "2025-01",
        "2025-W01-1",
        "2025-001",
        "45000",
        "1 March 2025",
        "Mar 1, 2025",
        "12025-01-01",
        "-2025-01-01",
        "2025-01-01 (BC)",
        "2025-01-01 ",
        " 2025-01-01",
        "today",
        "now",
        "2025-01-01 00:00:00",
    ]
    clocks = [
        "2025-03-01 23:60:00",
        "2025-03-01 25:00:00",
        "2025-03-01 1:00:00",
        "2025-03-01 10:00",
        "2025-03-01 10:00:00 PM",
        "10:00:00",
        "2025-02-29 10:00:00",
        "2025-03-01",
        "infinity",
        "2025-03-01  10:00:00",
        "2025-03-01 10.00.00",
    ]
    late = {"before_delivery": True}
    return [
        _values("date-impossible", "date", None, impossible, DAY),
        _values("date-infinity", "date", None, ["infinity", "-infinity", "epoch"], DAY),
        _values("date-ambiguous", "date", None, other[:3], DAY),
        _values("date-other-format", "date", None, other[3:], DAY),
        _values("time-impossible", "timestamp", None, clocks, TIME),
        _values("time-24-00", "timestamp", None, ["2025-03-01 24:00:00"], TIME),
        _values(
            "time-nanoseconds",
            "timestamp",
            None,
            ["2025-03-01 10:00:00.1234567", "2025-03-01 10:00:00.123456789"],
            TIME,
        ),
        _values(
            "time-leap-second",
            "timestamp",
            None,
            ["2016-12-31 23:59:60", "2016-12-31T23:59:60Z", "2025-03-01 10:00:61"],
            TIME,
        ),
        _values(
            "time-offset-undeclared",
            "timestamp",
            None,
            [
                "2025-03-01 10:00:00+02:00",
                "2025-03-01T10:00:00-0500",
                "2025-03-01 10:00:00 CET",
                "2025-03-01 10:00:00 Europe/Berlin",
            ],
            TIME,
        ),
        _values(
            "epoch-undeclared",
            "timestamp",
            None,
            ["1740823200", "1740823200000", "1740823200.5", "0", "-1"],
            TIME,
        ),
        _values("epoch-undeclared", "date", None, ["1740823200", "20148", "0"], DAY),
        _values(
            "future-before-delivery",
            "timestamp",
            None,
            ["2025-03-03 00:00:00", "2031-01-01 00:00:00", "9999-12-31 23:59:59"],
            "not before the delivery date",
            **late,
        ),
        _values(
            "future-before-delivery",
            "date",
            None,
            ["2025-03-03", "9999-12-31"],
            "not before the delivery date",
            **late,
        ),
        _exact(
            "date-leap-day",
            "date",
            None,
            {d: d for d in ("2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31")},
        ),
        _exact(
            "time-utc",
            "timestamp",
            None,
            {
                "2025-03-01T10:00:00Z": "2025-03-01 10:00:00",
                "2025-03-30 02:30:00": "2025-03-30 02:30:00",
                "2025-03-01 10:00:00.123456": "2025-03-01 10:00:00.123456",
            },
        ),
    ]


def terms() -> list[Hostile]:
    """Values of the right type that the contract still does not allow."""
    text = contract_of(columns=value_of("string"))
    double = "id,v\n1,a\n2,b\n2,b\n2,b\n"
    conflict = "id,v\n1,a\n2,b\n2,c\n2,b\n"
    several = contract_of()
    missing = "id,v\n1,a\n,b\n3,\n"
    return [
        _values("value-below", "integer", None, ["-1", "-2147483648"], "below 0", minimum="0"),
        _values("value-above", "number", None, ["9.99", "100"], "above 5", maximum="5"),
        _values(
            "value-not-in-enum",
            "string",
            None,
            ["A", "b", " a", "a "],
            "not one of the contract's values",
            enum=("a",),
        ),
        _values(
            "value-pattern",
            "string",
            None,
            ["ab", "A", "\u0430", "a\u0301"],
            "not of the pattern",
            pattern="[a-z]",
        ),
        _values(
            "value-too-long",
            "string",
            None,
            ["abcdef", "\U0001f600" * 6],
            "longer than 5",
            max_length=5,
        ),
        Hostile(
            case="value-missing",
            what="key and value",
            data=missing.encode(),
            verdict="quarantine",
            rows=3,
            aside=(2, 3),
            because=("missing",),
            contract=contract_of(columns=value_of("string", required=True)),
        ),
        Hostile(
            case="key-missing",
            what="empty",
            data=b"id,v\n,a\n2,b\n",
            rows=2,
            aside=(1,),
            verdict="quarantine",
            because=("id: missing",),
            contract=text,
        ),
        Hostile(
            case="key-row-twice",
            what="three times",
            data=double.encode(),
            rows=4,
            verdict="quarantine",
            aside=(3, 4),
            because=("the row is given twice",),
            contract=text,
        ),
        Hostile(
            case="key-conflict",
            what="two agree, one does not",
            data=conflict.encode(),
            verdict="quarantine",
            rows=4,
            aside=(2, 3, 4),
            because=("the key is given twice, with other values",),
            contract=text,
        ),
        Hostile(
            case="value-several",
            what="in every column",
            rows=1,
            aside=(1,),
            data=f"{HEADER},-2,x,2031-01-01 00:00:00\n".encode(),
            verdict="quarantine",
            because=(
                "order_id: missing",
                "quantity: below 0",
                "amount: not a",
                "ordered_at: not before",
            ),
            contract=several,
        ),
    ]


def cases() -> list[Hostile]:
    """Return all of them."""
    return [*numbers(), *times(), *terms()]

"""Numbers, dates and times as a contract says they are written: read so, and in no other way."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from include.landing.contract import Column
from tests.landing.door import MONDAY, Door, column

KEY = column("id", "string", required=True, key_position=1)
Judge = Callable[..., dict[str, Any]]
GERMAN = {"decimal_mark": ",", "thousands_mark": "."}
BERLIN = {"time_zone": "Europe/Berlin"}
NOT_WHOLE, NOT_DECIMAL = "v: not a whole number", "v: not a decimal(18,2)"
NOT_TIME = "v: not a time (YYYY-MM-DD HH:MM:SS)"


@pytest.fixture
def judge(make_door: Callable[..., Door]) -> Judge:
    """Land texts in a column of a type; return for each what landed, or why it was set aside."""
    turns = count()

    def land(
        texts: list[str], logical_type: str, physical_type: str | None = None, **terms: Any
    ) -> dict[str, Any]:
        of_column = {f.name for f in fields(Column)} & set(terms) - {"time_zone"}
        v = column("v", logical_type, physical_type, **{key: terms.pop(key) for key in of_column})
        door = make_door(columns=(KEY, v), **terms)
        door.home /= str(next(turns))
        rows = "".join(f'{n},"{text}"\n' for n, text in enumerate(texts))
        door.deliver(MONDAY, f"id,v\n{rows}")
        done = door.land()
        assert done["delivered"] == done["landed"] + done["quarantined"] == len(texts)
        found = door.ask(f"SELECT _row_number, v::varchar FROM {door.contract.table}")
        landed = dict(found)
        aside = {number: reasons for number, _, reasons in door.aside()}
        return {text: (landed | aside)[n + 1] for n, text in enumerate(texts)}

    return land


def test_decimal_comma_and_thousands_point(judge: Judge) -> None:
    landed = {
        "2,50": "2.50",
        "-0,05": "-0.05",
        "1.234,5": "1234.50",
        "1.234.567,89": "1234567.89",
        "1234567,89": "1234567.89",
        "1.234": "1234.00",
        "12": "12.00",
    }
    assert judge([*landed], "number", **GERMAN) == landed
    aside = ["2.50", "1.23", "12.34,50", "1,234,5", "1.2345", ".123", "1.234,", "1,234.50", "0,123"]
    assert judge(aside, "number", **GERMAN) == {text: [NOT_DECIMAL] for text in aside}


def test_decimal_comma_without_thousands(judge: Judge) -> None:
    assert judge(["2,5"], "number", decimal_mark=",") == {"2,5": "2.50"}
    aside = ["2.5", "1.234,50", "1 234,50"]
    assert judge(aside, "number", decimal_mark=",") == {text: [NOT_DECIMAL] for text in aside}


@pytest.mark.parametrize("mark", [",", "'", "\u2019", "_", " ", "\u00a0", "\u202f"])
def test_thousands_marks_group_by_three(judge: Judge, mark: str) -> None:
    texts = [f"1{mark}234", f"-12{mark}345{mark}678", "999", "1234"]
    values = ["1234", "-12345678", "999", "1234"]
    assert judge(texts, "integer", thousands_mark=mark) == dict(zip(texts, values, strict=True))
    aside = [
        f"12{mark}34",
        f"{mark}123",
        f"1234{mark}567",
        f"1{mark}{mark}234",
        f"1{mark}234{mark}",
    ]
    assert judge(aside, "integer", thousands_mark=mark) == {text: [NOT_WHOLE] for text in aside}
    assert judge([f"1{mark}234"], "integer") == {f"1{mark}234": [NOT_WHOLE]}


def test_a_double_has_marks_and_no_infinity(judge: Judge) -> None:
    assert judge(["1.234,5"], "number", "double", **GERMAN) == {"1.234,5": "1234.5"}
    assert judge(["inf", "nan"], "number", "double", **GERMAN) == {
        "inf": ["v: not a double", "v: not finite"],
        "nan": ["v: not a double", "v: not finite"],
    }


def test_a_decimal_without_places_takes_none(judge: Judge) -> None:
    assert judge(["7", "12345678901234567890"], "number", "decimal(38,0)") == {
        "7": "7",
        "12345678901234567890": "12345678901234567890",
    }
    assert judge(["7.0"], "number", "decimal(38,0)") == {"7.0": ["v: not a decimal(38,0)"]}


def test_a_date_is_what_its_format_says_and_nothing_else(judge: Judge) -> None:
    texts = ["01/02/2025", "25/02/2025", "29/02/2024"]
    assert judge(texts, "date", format="dd/MM/yyyy") == {
        "01/02/2025": "2025-02-01",
        "25/02/2025": "2025-02-25",
        "29/02/2024": "2024-02-29",
    }
    assert judge(["01/02/2025"], "date", format="MM/dd/yyyy") == {"01/02/2025": "2025-01-02"}
    aside = ["02/25/2025", "1/2/2025", "01/02/25", "31/02/2025", "2025-02-01", "infinity", "epoch"]
    said = ["v: not a date (dd/MM/yyyy)"]
    assert judge(aside, "date", format="dd/MM/yyyy") == dict.fromkeys(aside, said)
    assert judge(["0000-01-01"], "date") == {"0000-01-01": ["v: not a date (YYYY-MM-DD)"]}
    assert judge(["01/02/2025"], "date") == {"01/02/2025": ["v: not a date (YYYY-MM-DD)"]}


@pytest.mark.parametrize(
    ("written", "text", "landed"),
    [
        ("dd.MM.yyyy HH:mm", "01.02.2025 10:11", "2025-02-01 10:11:00"),
        ("d.M.yyyy H:mm:ss", "1.2.2025 9:08:07", "2025-02-01 09:08:07"),
        ("dd MMM yyyy HH:mm:ss", "01 Feb 2025 10:11:12", "2025-02-01 10:11:12"),
        ("yyyyMMdd'T'HHmmss", "20250201T101112", "2025-02-01 10:11:12"),
        ("yyyy-MM-dd HH:mm:ss.SSS", "2025-02-01 10:11:12.345", "2025-02-01 10:11:12.345"),
        ("yyyy-MM-dd HH:mm:ss,SSSSSS", "2025-02-01 10:11:12,000001", "2025-02-01 10:11:12.000001"),
    ],
)
def test_a_time_is_what_its_format_says(judge: Judge, written: str, text: str, landed: str) -> None:
    assert judge([text], "timestamp", format=written) == {text: landed}
    assert judge(["soon"], "timestamp", format=written) == {"soon": [f"v: not a time ({written})"]}


def test_local_times_become_utc_in_winter_and_in_summer(judge: Judge) -> None:
    landed = {
        "2025-01-31 10:00:00": "2025-01-31 09:00:00",
        "2024-07-31T10:00:00.5": "2024-07-31 08:00:00.5",
        "2024-03-31 01:59:59": "2024-03-31 00:59:59",
        "2024-03-31 03:00:00": "2024-03-31 01:00:00",
        "2024-10-27 01:59:59": "2024-10-26 23:59:59",
        "2024-10-27 03:00:00": "2024-10-27 02:00:00",
    }
    assert judge([*landed], "timestamp", **BERLIN) == landed


def test_a_time_the_clocks_skipped_or_showed_twice_is_nobodys_guess(judge: Judge) -> None:
    gap, fold = ["2024-03-31 02:00:00", "2024-03-31 02:59:59"], ["2024-10-27 02:00:00"]
    skipped = ["v: a time the clocks of Europe/Berlin skipped"]
    twice = ["v: a time the clocks of Europe/Berlin showed twice"]
    assert judge([*gap, *fold, "2024-10-27 02:59:59.999999"], "timestamp", **BERLIN) == {
        **dict.fromkeys(gap, skipped),
        fold[0]: twice,
        "2024-10-27 02:59:59.999999": twice,
    }


def test_a_zone_may_move_its_clocks_by_half_an_hour(judge: Judge) -> None:
    there = {"time_zone": "Australia/Lord_Howe"}
    assert judge(["2024-10-06 02:10:00", "2024-04-07 01:45:00"], "timestamp", **there) == {
        "2024-10-06 02:10:00": ["v: a time the clocks of Australia/Lord_Howe skipped"],
        "2024-04-07 01:45:00": ["v: a time the clocks of Australia/Lord_Howe showed twice"],
    }
    fine = {
        "2024-10-06 01:59:00": "2024-10-05 15:29:00",
        "2024-04-07 02:00:00": "2024-04-06 15:30:00",
    }
    assert judge([*fine], "timestamp", **there) == fine


def test_a_local_zone_takes_no_z_and_knows_formats(judge: Judge) -> None:
    assert judge(["2025-01-31T10:00:00Z"], "timestamp", **BERLIN) == {
        "2025-01-31T10:00:00Z": [NOT_TIME]
    }
    text = "31.01.2025 10:00"
    assert judge([text], "timestamp", format="dd.MM.yyyy HH:mm", **BERLIN) == {
        text: "2025-01-31 09:00:00"
    }


def test_every_fault_of_a_local_time_is_told(judge: Judge) -> None:
    text = "2024-03-31 02:30:00"
    assert judge([text], "timestamp", minimum="2025-01-01", **BERLIN) == {
        text: ["v: a time the clocks of Europe/Berlin skipped", "v: below 2025-01-01"]
    }


@pytest.mark.parametrize("written", [None, "yyyy-MM-dd'T'HH:mm:ssXXX"])
def test_times_with_offsets_become_utc(judge: Judge, written: str | None) -> None:
    landed = {
        "2025-01-31T10:00:00Z": "2025-01-31 10:00:00",
        "2025-01-31T10:00:00+02:00": "2025-01-31 08:00:00",
        "2024-10-27T02:30:00+01:00": "2024-10-27 01:30:00",
        "2025-01-31T10:00:00-0330": "2025-01-31 13:30:00",
        "2025-01-31T10:00:00+14": "2025-01-30 20:00:00",
    }
    assert judge([*landed], "timestamp", has_offset=True, format=written, **BERLIN) == landed
    aside = ["2025-01-31T10:00:00", "2025-01-31T10:00:00+25:00", "2025-01-31T10:00:00 CET", "now"]
    said = f"v: not a time ({written})"
    if written is None:
        said = "v: not a time with its offset (YYYY-MM-DD HH:MM:SS+HH:MM)"
    found = judge(aside, "timestamp", has_offset=True, format=written)
    assert found == {text: [said] for text in aside}


def test_counts_since_1970_are_of_the_contracts_unit(judge: Judge) -> None:
    assert judge(["1740823200", "0", "-1"], "timestamp", epoch="s") == {
        "1740823200": "2025-03-01 10:00:00",
        "0": "1970-01-01 00:00:00",
        "-1": "1969-12-31 23:59:59",
    }
    assert judge(["1740823200123"], "timestamp", epoch="ms") == {
        "1740823200123": "2025-03-01 10:00:00.123"
    }
    aside = ["1740823200000", "1740823200.5", "1e9", "9" * 18, "9" * 40, "2025-03-01"]
    said = ["v: not a count of seconds since 1970"]
    assert judge(aside, "timestamp", epoch="s") == dict.fromkeys(aside, said)
    aside = ["1740823200", "9" * 18, "0", "-9223372036854775808"]
    said = ["v: not a count of milliseconds since 1970"]
    assert judge(aside, "timestamp", epoch="ms") == dict.fromkeys(aside, said)
    assert judge(["0"], "timestamp", epoch="ms", minimum="1970-01-01") == {
        "0": "1970-01-01 00:00:00"
    }


def test_a_little_of_the_future_is_the_clocks_skew(judge: Judge) -> None:
    found = judge(
        ["2025-03-03 00:15:00", "2025-03-03 00:15:01"], "timestamp", future_skew_minutes=15
    )
    assert found == {
        "2025-03-03 00:15:00": "2025-03-03 00:15:00",
        "2025-03-03 00:15:01": ["v: more than 15 minutes after the delivery date began"],
    }
    # 00:30 in Berlin is still the day before in UTC.
    assert judge(["2025-03-03 00:30:00"], "timestamp", before_delivery=True, **BERLIN) == {
        "2025-03-03 00:30:00": "2025-03-02 23:30:00"
    }


def test_exclusive_ends_do_not_belong_to_the_range(judge: Judge) -> None:
    assert judge(["0", "1", "9", "10"], "integer", above="0", below="10") == {
        "0": ["v: not above 0"],
        "1": "1",
        "9": "9",
        "10": ["v: not below 10"],
    }
    assert judge(["a", "ab"], "string", min_length=2) == {"a": ["v: shorter than 2"], "ab": "ab"}


def test_json_counts_since_1970_and_long_ids_land_exactly(make_door: Callable[..., Door]) -> None:
    columns = (column("id", "integer", "bigint"), column("v", "timestamp", epoch="ms"))
    door = make_door(format="jsonl", columns=columns)
    door.deliver(
        MONDAY,
        '{"id":9223372036854775807,"v":1740823200123}\n'
        '{"id":-9223372036854775809,"v":1740823200123}\n'
        '{"id":1,"v":"1740823200123"}\n',
    )
    door.land()
    assert door.values("id") == [9223372036854775807]
    assert door.ask(f"SELECT v::varchar FROM {door.contract.table}") == [
        ("2025-03-01 10:00:00.123",)
    ]
    assert door.reasons() == [["id: not a whole number"], ["v: not a whole number in JSON"]]


def test_parquet_times_are_local_unless_they_have_a_zone(make_door: Callable[..., Door]) -> None:
    times = [datetime(2024, 7, 1, 12), datetime(2024, 3, 31, 2, 30), None]  # noqa: DTZ001 - local
    door = make_door(
        format="parquet",
        pattern="*.parquet",
        name="orders.parquet",
        columns=(KEY, column("v", "timestamp")),
        **BERLIN,
    )
    rows = pl.DataFrame({"id": ["a", "b", "c"], "v": times})
    rows.write_parquet(door.file(MONDAY))
    door.land()
    assert door.ask(f"SELECT id, v::varchar FROM {door.contract.table} ORDER BY id") == [
        ("a", "2024-07-01 10:00:00"),
        ("c", None),
    ]
    assert door.reasons() == [["v: a time the clocks of Europe/Berlin skipped"]]

    zoned = rows.filter(pl.col("id") != "b").with_columns(
        pl.col("v").dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo")
    )
    zoned.write_parquet(door.file(MONDAY))
    door.land()
    assert door.ask(f"SELECT id, v::varchar FROM {door.contract.table} ORDER BY id") == [
        ("a", "2024-07-01 12:00:00"),
        ("c", None),
    ]


def test_parquet_counts_texts_and_endless_values(make_door: Callable[..., Door]) -> None:
    door = make_door(
        format="parquet",
        pattern="*.parquet",
        name="orders.parquet",
        columns=(
            column("t", "string"),
            column("v", "timestamp", epoch="s"),
            column("d", "number", "double"),
        ),
    )
    pl.DataFrame(
        {
            "t": ["a", "b\x00", "c", "d"],
            "v": [1740823200, 1, 1740823200000, None],
            "d": [1.5, 1.0, float("nan"), float("-inf")],
        }
    ).write_parquet(door.file(MONDAY))
    door.land()
    assert door.values("t") == ["a"]
    assert door.ask(f"SELECT v::varchar FROM {door.contract.table}") == [("2025-03-01 10:00:00",)]
    assert door.reasons() == [
        ["t: holds NUL"],
        ["v: not a count of seconds since 1970", "d: not finite"],
        ["d: not finite"],
    ]


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Berlin",
        "Europe/Dublin",  # its winter is the exception
        "America/New_York",
        "America/Sao_Paulo",  # its days began at one o'clock
        "Africa/Casablanca",  # its clocks go back for a month
        "Antarctica/Troll",  # by two hours
        "Australia/Lord_Howe",  # by half an hour
        "Pacific/Apia",  # a day that never was
        "Asia/Kolkata",
    ],
)
def test_local_times_are_judged_as_pythons_own_zones_judge_them(judge: Judge, zone: str) -> None:
    chance = Random(20250303)  # noqa: S311 - a test's
    here, utc = ZoneInfo(zone), ZoneInfo("UTC")
    start = datetime(2010, 1, 1)  # noqa: DTZ001 - local
    minutes = {chance.randrange(15 * 365 * 24 * 60) for _ in range(500)}
    for day in range(15 * 365):  # and around every change of the clocks
        was, now = (start + timedelta(days=d) for d in (day, day + 1))
        if was.replace(tzinfo=here).utcoffset() != now.replace(tzinfo=here).utcoffset():
            minutes |= {day * 24 * 60 + chance.randrange(24 * 60) for _ in range(8)}
            minutes |= {day * 24 * 60 + n for n in range(0, 240, 15)}
    expected: dict[str, Any] = {}
    for local in (start + timedelta(minutes=n) for n in minutes):
        early, late = (local.replace(tzinfo=here, fold=f).astimezone(utc) for f in (0, 1))
        if early.astimezone(here).replace(tzinfo=None) != local:
            expected[str(local)] = [f"v: a time the clocks of {zone} skipped"]
        elif early != late:
            expected[str(local)] = [f"v: a time the clocks of {zone} showed twice"]
        else:
            expected[str(local)] = str(early.replace(tzinfo=None))
    assert judge([*expected], "timestamp", time_zone=zone) == expected

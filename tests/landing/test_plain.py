"""What landing says of a whole batch's texts is never kinder than the shape it stands for."""

from dataclasses import replace
from itertools import product
from random import Random

import pyarrow as pa
import pytest

from include.landing.cast import Cast, cast_rows
from include.landing.column import Column
from include.landing.contract import Contract
from include.landing.plain import plain_bits, plain_checks, plain_number
from include.landing.reading import Reading, Tally
from include.warehouse import connect, read_query
from tests.landing.door import column
from tests.landing.hostile import contract_of

COLUMNS = (
    column("whole", "integer"),
    column("money", "number", "decimal(9,2)"),
    column("round", "number", "decimal(9,0)"),
    column("real", "number", "double"),
    column("day", "date"),
    column("at", "timestamp"),
)
OF = {c.name: c for c in COLUMNS}
GOOD = {
    "whole": ["0", "-7", "007", "2147483647"],
    "money": ["1", "-0.5", "12.34", "0.00"],
    "round": ["1", "-0", "12"],
    "real": ["1", "-0.5", "1.12345678901234567"],
    "day": ["2024-02-29", "1999-12-31"],
    "at": ["2024-02-29 23:59:59", "1999-12-31 00:00:00"],
}
KEPT = [  # each is near to what is plain, and something else
    *["", "-", "--1", "1-2", "+1", "1.", ".5", "-.5", "1.2.3", "1.234", "1/2", "1_0", "1e3", " 1"],
    *["nan", "inf", "2147483648", "1234567890", "\u0663", "1\u00b2", "0.123456789012345678", ":"],
    *["2024-02-30", "2024-13-01", "2024/02/01", "0000-01-01", "0001-01-01", "24-01-0001"],
    *["2024-1-001", "\u0662024-01-0", "2024-02-28 24:00:00", "2024-02-28 23:59:60"],
    *["2024-02-28T23:59:59", "2024-02-28t23:59:59", "2024-02-28D23:59:59", "2024-02-28 23-59-59"],
    *["2024-02-28 2:59:590", "0000-01-01 00:00:00", "2024-02-28 23:59:5Z", "2024-02-28 29:00:00"],
]


def cast_of(contract: Contract, plain: dict[str, int]) -> Cast:
    """Return the cast of a text format that vouches for the columns in ``plain``."""
    nowhere = Reading(
        tally=lambda: Tally(records=0),
        rows=lambda _: "",
        texts=lambda _, t: t,
        again=lambda _, __: "",
        plain=plain,
    )
    return cast_rows(contract, nowhere, delivered_on="2025-03-03")


def verdict(cast: Cast, rows: pa.RecordBatch) -> list[list[str]]:
    """Return the rows that land and the rows that do not, as SQL has them."""
    with connect(None) as connection:
        connection.register("_records", pa.Table.from_batches([rows]))
        queries = cast.good_rows("_records"), cast.bad_rows("_records")
        as_text = [f"SELECT columns(*)::varchar FROM ({query})" for query in queries]
        return [sorted(map(repr, read_query(connection, query).rows())) for query in as_text]


def rows_of(contract: Contract, parts: list[list[str | None]]) -> pa.RecordBatch:
    """Return all texts as rows, each with the number that its part has as a batch of its own."""
    [only] = contract.columns
    texts = pa.record_batch({only.name: pa.array([t for part in parts for t in part], pa.string())})
    checks = plain_checks(contract)
    numbers: list[int] = []
    for part in parts:
        batch = texts.slice(len(numbers), len(part))
        numbers += [plain_number(checks, batch)] * len(part)
    rows = texts.append_column("_plain", pa.array(numbers, pa.int64()))
    return rows.append_column("_position", pa.array(range(len(numbers)), pa.int64()))


def spoiled(name: str) -> list[str]:
    """Return every good text with every byte replaced by every one of a hostile alphabet."""
    return [
        good[:place] + mark + good[place + 1 :]
        for good in GOOD[name]
        for place in range(len(good))
        for mark in ["", *"0129.-+/:e_ T\u0663"]
    ]


def is_plain(only: Column, values: pa.StringArray) -> bool:
    """Say whether a batch of ``values`` is plain."""
    contract = contract_of(columns=(only,))
    batch = pa.record_batch({only.name: values})
    return plain_number(plain_checks(contract), batch) == plain_bits(plain_checks(contract))["v"]


@pytest.mark.parametrize("name", list(OF))
def test_good_texts_are_plain_with_nulls_and_from_a_slice(name: str) -> None:
    only = replace(OF[name], name="v")
    many = pa.array(["?", "1.", *GOOD[name] * 40, None, *GOOD[name], "?"], pa.string())
    assert is_plain(only, many.slice(2, len(many) - 3))
    assert not is_plain(only, many.slice(1, len(many) - 2))
    assert not is_plain(only, many.slice(2))
    for place, mark in product((2, len(many) // 2, len(many) - 2), "+:"):
        texts = many.slice(2, len(many) - 3).to_pylist()
        texts[place - 2] = mark * len(GOOD[name][0])
        assert not is_plain(only, pa.array(texts, pa.string()))
    assert is_plain(only, pa.array([], pa.string()))
    assert is_plain(only, pa.array([None, None], pa.string()))


@pytest.mark.parametrize("name", list(OF))
def test_any_batch_lands_as_by_the_shape_alone(name: str) -> None:
    """Each hostile text as a batch of its own, and then with others and with good ones."""
    short = ["".join(text) for size in (1, 2, 3) for text in product("05.-/+e ", repeat=size)]
    hostile = [*KEPT, *short, *spoiled(name)]
    draw = Random(7)  # noqa: S311
    mixed: list[list[str | None]] = [[*draw.choices(GOOD[name], k=3), text] for text in hostile]
    mixed += [draw.choices([*GOOD[name], *hostile, None], k=draw.randrange(5)) for _ in hostile]
    mixed += [draw.choices([*GOOD[name], None], k=draw.randrange(200)) for _ in range(20)]
    for part in mixed:
        draw.shuffle(part)
    both = GOOD[name][0] + GOOD[name][1]
    mixed += [[both[:cut], both[cut:]] for cut in range(len(both))]  # as long together as two
    contract = contract_of(columns=(OF[name],))
    mixed += [[text] for text in hostile]
    rows = rows_of(contract, mixed)
    bits = plain_bits(plain_checks(contract))
    assert set(rows["_plain"].to_pylist()) == {0, 1}
    assert verdict(cast_of(contract, bits), rows) == verdict(cast_of(contract, {}), rows)


def test_required_columns_that_are_plain_together_are_kept_to_their_rules() -> None:
    """Each row as a batch of its own; some of its columns are plain, filled, or neither."""
    texts: dict[str, list[str | None]] = {
        "name": ["x", None],
        "whole": ["1", "-7", "1_0", "2147483648", None],
        "money": ["1.50", "-.5", None],
        "at": ["2024-02-28 10:00:00", "2024-02-30 10:00:00", "2024-02-28", None],
    }
    required = [replace(OF[name], required=name != "money") for name in list(texts)[1:]]
    contract = contract_of(columns=(column("name", "string", required=True), *required))
    columns = zip(*product(*texts.values()), strict=True)
    rows = pa.record_batch([pa.array(c, pa.string()) for c in columns], names=list(texts))
    checks = plain_checks(contract)
    plain = [plain_number(checks, rows.slice(place, 1)) for place in range(rows.num_rows)]
    rows = rows.append_column("_plain", pa.array(plain, pa.int64()))
    rows = rows.append_column("_position", pa.array(range(rows.num_rows), pa.int64()))
    good, bad = verdict(cast_of(contract, plain_bits(checks)), rows)
    assert [good, bad] == verdict(cast_of(contract, {}), rows)
    assert (len(good), len(bad)) == (4, 116)  # 1 or -7, with 1.50 or without it


def test_a_column_with_marks_a_format_or_a_zone_has_no_check() -> None:
    odd = (
        column("day", "date", format="dd.MM.yyyy"),
        column("at", "timestamp", time_zone="Europe/Rome"),
        column("then", "timestamp", has_offset=True),
        column("since", "timestamp", epoch="s"),
        column("is_open", "boolean"),
        column("name", "string"),
    )
    assert list(plain_checks(contract_of(columns=(*odd, *COLUMNS)))) == list(OF)
    marked = contract_of(columns=COLUMNS, decimal_mark=",")
    assert list(plain_checks(marked)) == ["whole", "day", "at"]
    parted = contract_of(columns=COLUMNS, thousands_mark=",")
    assert list(plain_checks(parted)) == ["day", "at"]


def test_only_so_many_columns_have_a_bit() -> None:
    wide = contract_of(columns=tuple(column(f"c{n}", "integer") for n in range(70)))
    checks = plain_checks(wide)
    batch = pa.record_batch({c.name: pa.array(["1"]) for c in wide.columns})
    assert len(checks) == 63
    assert plain_number(checks, batch) == 2**63 - 1

"""Properties of the door: any table in any dialect comes back equal; no row is ever uncounted."""

import csv
import gzip
import io
import json
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.landing.contract import Contract
from include.landing.errors import ExtractRefusedError
from include.landing.ledger import CONSERVATION
from tests.landing.door import ADA, BOB, HEADER, MONDAY, Door, column
from tests.landing.hostile import contract_of
from tests.landing.hostile_files import parquet_of

COLUMNS = (
    column("id", "integer", "bigint", required=True, key_position=1),
    column("name", "string"),
    column("count", "integer"),
    column("amount", "number"),
    column("is_open", "boolean"),
    column("day", "date"),
    column("at", "timestamp"),
)
NAMES = [c.name for c in COLUMNS]
KINDS = (
    pa.int64(),
    pa.string(),
    pa.int32(),
    pa.decimal128(18, 2),
    pa.bool_(),
    pa.date32(),
    pa.timestamp("us"),
)
NULL = "\\N"  # the null token: an empty text stays one

bounded = settings(
    deadline=None,
    derandomize=True,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"),
    max_size=12,
).filter(lambda text: text != NULL)
awkward = st.sampled_from(["", " ", '"', "'", ",", ";", '""', "a,b", "null", "NaN", "\t", "=1+1"])
row = st.tuples(
    texts | awkward | st.none(),
    st.integers(-(2**31), 2**31 - 1) | st.none(),
    st.decimals(-(10**15), 10**15, places=2, allow_nan=False) | st.none(),
    st.booleans() | st.none(),
    st.dates() | st.none(),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)) | st.none(),  # noqa: DTZ001
)
tables = st.lists(row, max_size=8).map(
    lambda rows: [(2**53 + n, *values) for n, values in enumerate(rows)]
)


def written(value: Any) -> str:
    """Return a value as a source writes it."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def came_back(contract: Contract, data: bytes, *, rows: int) -> list[tuple[Any, ...]]:
    """Land the bytes with a true manifest behind a door of their own; return the table."""
    with tempfile.TemporaryDirectory() as home:
        name = contract.layout.pattern.replace("*", "t")
        door = Door(Path(home), contract=contract, name=name)
        door.file(MONDAY).write_bytes(data)
        done = door.land()
        assert (done["delivered"], done["landed"], door.reasons()) == (rows, rows, [])
        listed = ", ".join(f'"{name}"' for name in NAMES)
        return door.ask(f"SELECT {listed} FROM raw_shop.orders ORDER BY _row_number")


@bounded
@given(
    tables,
    st.sampled_from([",", ";", "|", "\t"]),
    st.sampled_from(['"', "'"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\ufeff"]),
    st.permutations(range(len(NAMES))),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.booleans(),
)
def test_any_table_in_any_dialect_of_csv_comes_back_equal(  # noqa: PLR0917 - drawn in place
    table: list[tuple[Any, ...]],
    delimiter: str,
    quote: str,
    end: str,
    bom: str,
    order: list[int],
    quoting: Any,
    is_gzip: bool,  # noqa: FBT001 - Hypothesis passes by place
) -> None:
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter=delimiter, quotechar=quote, lineterminator=end, quoting=quoting
    )
    writer.writerow([NAMES[n] for n in order])
    writer.writerows([written(values[n]) for n in order] for values in table)
    data = (bom + text.getvalue()).encode()
    contract = contract_of(
        "csv.gz" if is_gzip else "csv",
        columns=COLUMNS,
        delimiter=delimiter,
        quote=quote,
        null_tokens=(NULL,),
    )
    data = gzip.compress(data) if is_gzip else data
    assert came_back(contract, data, rows=len(table)) == table


@bounded
@given(tables, st.booleans(), st.booleans(), st.permutations(range(len(NAMES))))
def test_any_table_as_json_lines_comes_back_equal(
    table: list[tuple[Any, ...]],
    is_ascii: bool,  # noqa: FBT001 - Hypothesis passes by place
    is_gzip: bool,  # noqa: FBT001
    order: list[int],
) -> None:
    plain = (str, int, bool, type(None))
    lines = [
        json.dumps(
            {
                NAMES[n]: values[n] if isinstance(values[n], plain) else written(values[n])
                for n in order
            },
            ensure_ascii=is_ascii,
        )
        for values in table
    ]
    data = "".join(f"{line}\n" for line in lines).encode()
    contract = contract_of("jsonl.gz" if is_gzip else "jsonl", columns=COLUMNS, null_tokens=())
    data = gzip.compress(data) if is_gzip else data
    assert came_back(contract, data, rows=len(table)) == table


@bounded
@given(tables, st.permutations(range(len(NAMES))))
def test_any_table_as_parquet_comes_back_equal(
    table: list[tuple[Any, ...]], order: list[int]
) -> None:
    columns = {NAMES[n]: ([values[n] for values in table], KINDS[n]) for n in order}
    contract = contract_of("parquet", columns=COLUMNS)
    assert came_back(contract, parquet_of(columns), rows=len(table)) == table


LINES = "".join(
    json.dumps({"order_id": name, "quantity": 1, "amount": 2.5, "ordered_at": None}) + "\n"
    for name in ("ada", "bob", "eve")
)
WHOLE = {
    "csv": (HEADER + ADA + BOB + '"e,v""e",3,,\n').encode(),
    "jsonl": LINES.encode(),
    "csv.gz": gzip.compress((HEADER + ADA + BOB).encode(), mtime=0),
    "parquet": parquet_of(),
}
edits = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 9),
        st.binary(max_size=6) | st.sampled_from([b"\n", b'"', b"\r\n", b",", b"\x00", b"{", b"}"]),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("form", WHOLE)
def test_of_arbitrarily_mutated_bytes_every_row_is_counted(form: str) -> None:
    _mutations(form)()


def _mutations(form: str) -> Callable[[], None]:
    """Return the property for one format: landed + quarantined = delivered, or refused."""

    @bounded
    @given(edits)
    def every_row_is_counted(changes: list[tuple[float, int, bytes]]) -> None:
        data = WHOLE[form]
        for place, cut, inserted in changes:
            at = int(place * len(data))
            data = data[:at] + inserted + data[at + cut :]
        with tempfile.TemporaryDirectory() as home:
            door = Door(Path(home), contract=contract_of(form), name=f"orders.{form}")
            door.file(MONDAY).write_bytes(data)
            try:
                done = door.land()
            except ExtractRefusedError:
                assert door.values("order_id") == door.aside() == []
                return
            assert done["delivered"] == done["landed"] + done["quarantined"]
            assert len(door.values("order_id")) == done["landed"]
            assert len(door.aside()) == done["quarantined"]
            assert all(row[-1] == 0 for row in door.ask(CONSERVATION))
            if form == "csv":  # counted once more, here: what is not the header is a row
                assert done["delivered"] == len(data.rstrip(b"\n").split(b"\n")) - 1 + (
                    len(data) - len(data.rstrip(b"\n")) - data.endswith(b"\n")
                )

    return every_row_is_counted

"""What becomes of Parquet: the contract's schema by name and type, or no file."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.landing.errors import ExtractRefusedError
from tests.landing.door import MONDAY, Door

NOON = datetime(2025, 3, 1, 12)  # noqa: DTZ001 - a column without a zone
ORDER: dict[str, list[Any]] = {
    "order_id": ["ada", "bob"],
    "quantity": [1, 2],
    "amount": [Decimal("2.50"), None],
    "ordered_at": [NOON, NOON],
}
TYPES: dict[str, Any] = {"quantity": pl.Int32, "amount": pl.Decimal(18, 2)}


def deliver(door: Door, columns: dict[str, list[Any]] | None = None, **types: Any) -> None:
    """Write a Parquet file without a manifest."""
    content = ORDER | (columns or {})
    schema = {name: kind for name, kind in (TYPES | types).items() if name in content}
    pl.DataFrame(content, schema_overrides=schema).write_parquet(door.file(MONDAY))


def test_the_contracts_types_land_as_they_are(parquet_door: Door) -> None:
    deliver(parquet_door)
    assert parquet_door.land()["landed"] == 2
    assert parquet_door.values("_row_number") == [1, 2]
    assert parquet_door.values("amount") == [Decimal("2.50"), None]
    assert parquet_door.values("ordered_at") == [NOON, NOON]


def test_rows_out_of_bounds_are_set_aside_as_json(parquet_door: Door) -> None:
    deliver(parquet_door, {"order_id": ["ada", None], "quantity": [1, -2]})
    parquet_door.land()
    assert parquet_door.aside() == [
        (
            2,
            '{"order_id":null,"quantity":-2,"amount":null,"ordered_at":"2025-03-01 12:00:00"}',
            ["order_id: missing", "quantity: below 0"],
        )
    ]


def test_a_narrower_type_loads_and_a_time_with_a_zone_becomes_utc(parquet_door: Door) -> None:
    deliver(parquet_door, quantity=pl.Int8, ordered_at=pl.Datetime("us", "Europe/Berlin"))
    assert parquet_door.land()["landed"] == 2
    assert parquet_door.values("quantity") == [1, 2]


@pytest.mark.parametrize(
    ("columns", "types", "said"),
    [
        ({"quantity": [1.0, 2.0]}, {"quantity": pl.Float64}, "quantity is DOUBLE, not integer"),
        ({"quantity": [1, 2]}, {"quantity": pl.Int64}, "quantity is BIGINT, not integer"),
        ({"order_id": [1, 2]}, {"order_id": pl.Int64}, "order_id is BIGINT, not varchar"),
        ({"amount": [2.5, 1.0]}, {"amount": pl.Float64}, "amount is DOUBLE, not decimal"),
        (
            {"ordered_at": ["x", "y"]},
            {"ordered_at": pl.String},
            "ordered_at is VARCHAR, not timestamp",
        ),
        ({"note": [1, 2]}, {}, "does not know: 'note'"),
    ],
)
def test_other_columns_and_other_types_refuse_the_file(
    parquet_door: Door, columns: dict[str, list[Any]], types: dict[str, Any], said: str
) -> None:
    deliver(parquet_door, columns, **types)
    with pytest.raises(ExtractRefusedError, match=said):
        parquet_door.land()


def test_a_renamed_column_is_named(parquet_door: Door) -> None:
    renamed = {("qty" if name == "quantity" else name): values for name, values in ORDER.items()}
    pl.DataFrame(renamed).write_parquet(parquet_door.file(MONDAY))
    with pytest.raises(ExtractRefusedError, match=r"missing columns: 'quantity'.*'qty'"):
        parquet_door.land()


def test_a_file_cut_short_is_refused(parquet_door: Door) -> None:
    deliver(parquet_door)
    file = parquet_door.file(MONDAY)
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(ExtractRefusedError, match="not a whole Parquet file"):
        parquet_door.land()


def test_a_flipped_bit_is_refused_by_the_pages_checksum_without_a_manifest(
    parquet_door: Door,
) -> None:
    file = parquet_door.file(MONDAY)
    schema = pa.schema(
        [
            ("order_id", pa.string()),
            ("quantity", pa.int32()),
            ("amount", pa.decimal128(18, 2)),
            ("ordered_at", pa.timestamp("us")),
        ]
    )
    rows = pa.table(ORDER, schema=schema)
    pq.write_table(
        rows, file, write_page_checksum=True, write_statistics=False, use_dictionary=False
    )
    whole = bytearray(file.read_bytes())
    whole[whole.index(b"bob")] ^= 1
    file.write_bytes(bytes(whole))
    with pytest.raises(ExtractRefusedError, match="not a whole Parquet file"):
        parquet_door.land()

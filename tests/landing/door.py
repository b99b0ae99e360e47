"""A door to deliver to: a landing folder, the warehouse behind it, and what is in both."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from include.landing.contract import Column, Contract, Layout
from include.landing.land import land
from include.warehouse import connect, quoted

MONDAY, TUESDAY, FRIDAY = date(2025, 3, 3), date(2025, 3, 4), date(2025, 3, 7)


def column(name: str, logical_type: str, physical_type: str | None = None, **terms: Any) -> Column:
    """Return a column with what a test cares about."""
    types = {"string": "varchar", "number": "decimal(18,2)"}
    physical_type = physical_type or types.get(logical_type, logical_type)
    return Column(
        name=name, description="", logical_type=logical_type, physical_type=physical_type, **terms
    )


ORDERS = Contract(
    file=Path("shop__orders.odcs.yaml"),
    source="shop",
    entity="orders",
    version="1.0.0",
    description="",
    layout=Layout(format="csv", pattern="*.csv"),
    mode="increment",
    is_required=True,
    columns=(
        column("order_id", "string", required=True, key_position=1),
        column("quantity", "integer", required=True, minimum="0"),
        column("amount", "number"),
        column("ordered_at", "timestamp", before_delivery=True),
    ),
)
HEADER = "order_id,quantity,amount,ordered_at\n"
ADA = "ada,1,2.50,2025-03-01 10:00:00\n"
BOB = "bob,2,0.99,2025-03-01 11:00:00\n"


@dataclass
class Door:
    """One extract's landing folder and the warehouse behind it."""

    home: Path
    contract: Contract = ORDERS
    name: str = "orders.csv"

    @property
    def raw(self) -> Path:
        """The warehouse."""
        return self.home / "warehouse" / "raw.duckdb"

    def file(self, day: date, name: str | None = None) -> Path:
        """Where a delivery of ``day`` goes."""
        contract = self.contract
        folder = self.home / "landing" / contract.source / contract.entity / str(day)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / (name or self.name)

    def deliver(
        self,
        day: date,
        content: str | bytes,
        *,
        name: str | None = None,
        rows: int | None = None,
        **manifest: Any,
    ) -> Path:
        """Write a file; with ``rows``, also a manifest that is true but for what is said of it."""
        data = content.encode() if isinstance(content, str) else content
        if self.contract.layout.is_gzip:
            data = gzip.compress(data, mtime=0)
        file = self.file(day, name)
        file.write_bytes(data)
        if rows is not None:
            truth = {
                "rows": rows,
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            manifested = json.dumps(truth | manifest)
            file.with_name(f"{file.name}.manifest.json").write_text(manifested)
        return file

    def land(self, as_of: date = FRIDAY) -> dict[str, int]:
        """Land what is there."""
        return land(self.contract, as_of=as_of, landing=self.home / "landing", raw=self.raw)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return what ``query`` finds in the warehouse."""
        with connect(self.raw, read_only=True) as connection:
            return connection.execute(query).fetchall()

    def values(self, name: str) -> list[Any]:
        """Return one column of the raw table, in the order of delivery."""
        table = quoted(self.contract.table)
        rows = self.ask(f'SELECT "{name}" FROM {table} ORDER BY _delivered_on, _row_number')
        return [row[0] for row in rows]

    def aside(self) -> list[tuple[int, str, list[str]]]:
        """Return the quarantine: row number, raw text, reasons."""
        query = "SELECT row_number, raw_text, reasons FROM ops.quarantined_rows ORDER BY ALL"
        return [(row[0], row[1], row[2]) for row in self.ask(query)]

    def reasons(self) -> list[list[str]]:
        """Return the reasons in the quarantine, row by row."""
        return [reasons for _, _, reasons in self.aside()]

    def statuses(self) -> list[str]:
        """Return the statuses in the ledger, oldest delivery first."""
        query = "SELECT status FROM ops.batches ORDER BY delivered_on, path, status"
        return [row[0] for row in self.ask(query)]


def write_parquet(file: Path, columns: dict[str, list[Any]], **types: pl.DataType) -> None:
    """Write literal columns as Parquet."""
    pl.DataFrame(columns, schema_overrides=types or None).write_parquet(file)

"""A desk with one extract on it: its contract, its description, the landing folder it fills."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from include.extraction.describe import Extract, load_extract
from include.extraction.extract import extract
from include.landing.contract import load_contract
from include.landing.land import land
from include.warehouse import connect

CONTRACT = {
    "apiVersion": "v3.2.0",
    "kind": "DataContract",
    "id": "shop-orders",
    "name": "shop.orders",
    "version": "1.0.0",
    "status": "active",
    "schema": [
        {
            "name": "orders",
            "logicalType": "object",
            "description": "Orders.",
            "properties": [
                {
                    "name": "order_id",
                    "logicalType": "string",
                    "physicalType": "varchar",
                    "required": True,
                    "primaryKey": True,
                },
                {"name": "quantity", "logicalType": "integer", "physicalType": "integer"},
                {"name": "amount", "logicalType": "number", "physicalType": "decimal(18,2)"},
                {"name": "is_gift", "logicalType": "boolean", "physicalType": "boolean"},
                {"name": "ordered_at", "logicalType": "timestamp", "physicalType": "timestamp"},
            ],
        }
    ],
}
QUERY = "SELECT order_id, quantity, amount, is_gift, ordered_at FROM orders"
WINDOW = f"{QUERY} WHERE ordered_at >= :since AND ordered_at < :until"


@dataclass
class Desk:
    """Where one extract is described and delivered."""

    home: Path

    @property
    def landing(self) -> Path:
        """The landing folder."""
        return self.home / "landing"

    @property
    def contracts(self) -> Path:
        """The contracts' folder."""
        return self.home / "contracts"

    @property
    def folder(self) -> Path:
        """Where the extract is delivered."""
        return self.landing / "shop" / "orders"

    def describe(self, text: str, *, file_format: str = "jsonl", mode: str = "increment") -> None:
        """Write the contract, and the description beside it."""
        self.contracts.mkdir(exist_ok=True)
        custom = {"deliveryMode": mode, "requiredSource": False, "timeZone": "UTC"}
        base = file_format.removesuffix(".gz")
        server = {"path": f"shop/orders/*/*.{file_format}", "server": "landing", "type": "local"}
        server |= {"format": base}
        packed = [{"property": "compression", "value": "gzip"}] if base != file_format else []
        contract = CONTRACT | {
            "servers": [server | {"customProperties": packed}],
            "customProperties": [{"property": k, "value": v} for k, v in custom.items()],
        }
        name = "shop__orders"
        for column in contract["schema"][0]["properties"]:  # type: ignore[index]  # a literal
            column["description"] = column["name"]
        (self.contracts / f"{name}.odcs.yaml").write_text(yaml.safe_dump(contract))
        (self.contracts / f"{name}.extract.yaml").write_text(text)

    def described(self) -> Extract:
        """Return the extract as it is described."""
        return load_extract(self.contracts / "shop__orders.extract.yaml")

    def extract(self, as_of: str) -> int:
        """Run the extract."""
        return extract(self.described(), as_of=date.fromisoformat(as_of), landing=self.landing)

    def land(self, as_of: str) -> dict[str, int]:
        """Land what was delivered."""
        contract = load_contract(self.contracts / "shop__orders.odcs.yaml")
        raw = self.home / "warehouse" / "raw.duckdb"
        return land(contract, as_of=date.fromisoformat(as_of), landing=self.landing, raw=raw)

    def landed(self) -> list[tuple[object, ...]]:
        """Return the raw table's rows."""
        with connect(self.home / "warehouse" / "raw.duckdb", read_only=True) as connection:
            return connection.execute(
                "SELECT order_id, quantity, amount::varchar, is_gift, ordered_at::varchar "
                "FROM raw_shop.orders ORDER BY ALL"
            ).fetchall()

    def landed_ids(self) -> list[object]:
        """Return the orders' ids, doubles and all."""
        return [row[0] for row in self.landed()]

    def manifest(self, day: str) -> dict[str, object]:
        """Return the manifest of a day's delivery."""
        [file] = (self.folder / day).glob("*.manifest.json")
        said: dict[str, object] = json.loads(file.read_text())
        return said


DATABASE = f"""
database:
  url_from: SHOP_URL
  query: {WINDOW}
cursor: ordered_at
start: 2025-03-01
"""

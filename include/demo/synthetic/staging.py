"""Staging: rows as numbers, in one small file a chunk and delivery, until they are spelt out."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

DELIVERY = "_delivery"  # which delivery a row comes with


@dataclass(frozen=True)
class Staging:
    """A scratch folder that holds what has been drawn, by entity and delivery."""

    folder: Path

    def keep(self, entity: str, chunk: int, rows: pl.DataFrame) -> None:
        """Write a chunk's rows, each delivery's to a file of its own."""
        for (delivery,), part in rows.partition_by(
            DELIVERY, as_dict=True, include_key=False, maintain_order=True
        ).items():
            folder = self.folder / entity / str(delivery)
            folder.mkdir(parents=True, exist_ok=True)
            part.write_parquet(folder / f"{chunk:06}.parquet", compression="lz4", statistics=False)

    def rows(self, entity: str, delivery: int, *, by: str) -> pl.DataFrame | None:
        """Return one delivery's rows in order of time, equal times in the order of drawing."""
        files = sorted((self.folder / entity / str(delivery)).glob("*.parquet"))
        if not files:
            return None
        rows = pl.concat([pl.read_parquet(file) for file in files])
        return rows.sort(by, maintain_order=True).with_row_index("_position")

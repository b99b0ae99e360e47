"""Columnar: read a Parquet file whose schema is the contract's, by name and by type.

DuckDB does not check the pages' checksums. A manifest's digest covers that; where there is no
manifest, Arrow reads the file once with its checksums before DuckDB may.
"""

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from include.landing.contract import Contract
from include.landing.delivery import hold_to_limit
from include.landing.errors import ExtractRefusedError
from include.landing.reading import TEXTS, Reading, Tally, check_columns
from include.warehouse import Connection, literal, quoted_column, read_query

_SAME = {  # Parquet types, as DuckDB names them, that hold a contract's type without loss
    "integer": {"INTEGER", "SMALLINT", "TINYINT", "UTINYINT", "USMALLINT"},
    "bigint": {"BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UTINYINT", "USMALLINT", "UINTEGER"},
    "double": {"DOUBLE", "FLOAT"},
    "timestamp": {"TIMESTAMP", "TIMESTAMP_MS", "TIMESTAMP_S", "TIMESTAMP WITH TIME ZONE"},
}


def read_parquet(
    contract: Contract, path: Path, *, connection: Connection, is_vouched: bool
) -> Reading:
    """Open a Parquet file; refuse it where its schema is not the contract's."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            records = file.metadata.num_rows
            if not is_vouched:
                for _ in file.iter_batches():
                    pass
    except (pa.ArrowException, OSError) as error:
        raise ExtractRefusedError(
            f"it is not a whole Parquet file: {_first_line(error)}"
        ) from error
    hold_to_limit(records, contract.layout.max_rows, "rows")
    file_rows = f"read_parquet({literal(path)}, file_row_number = true)"
    _check_schema(contract, connection, path)

    source = f"SELECT file_row_number + 1 AS _position, * FROM {file_rows}"
    wanted = "WHERE file_row_number + 1 IN (SELECT row_number FROM _wanted)"

    def texts(connection: Connection, rows: pl.DataFrame) -> pl.DataFrame:
        connection.register("_wanted", rows.select("row_number"))
        columns = ", ".join(
            f"{q} := {q}" for q in (quoted_column(c.name) for c in contract.columns)
        )
        found = read_query(
            connection,
            "SELECT file_row_number + 1 AS row_number, "
            f"to_json(struct_pack({columns}))::varchar AS raw_text FROM {file_rows} {wanted}",
        )
        connection.unregister("_wanted")
        return found.cast(TEXTS)

    def again(connection: Connection, texts: pl.DataFrame) -> str:
        connection.register("_wanted", texts.select("row_number"))
        return f"({source} {wanted})"

    return Reading(
        tally=lambda: Tally(records=records),
        rows=lambda _: f"({source})",
        texts=texts,
        again=again,
        is_text=False,
    )


def _check_schema(contract: Contract, connection: Connection, path: Path) -> None:
    """Refuse other names, and types that the contract's type cannot hold without loss."""
    described = connection.execute(
        f"DESCRIBE SELECT * FROM read_parquet({literal(path)})"
    ).fetchall()
    found = {str(row[0]): str(row[1]) for row in described}
    check_columns(contract, [str(row[0]) for row in described])
    wrong = [
        f"{column.name} is {found[column.name]}, not {column.physical_type}"
        for column in contract.columns
        if found[column.name] not in _accepted("bigint" if column.epoch else column.physical_type)
    ]
    if wrong:
        raise ExtractRefusedError(f"columns of another type: {'; '.join(wrong)}")


def _accepted(physical_type: str) -> set[str]:
    return _SAME.get(physical_type, {physical_type.upper().replace(" ", "")})


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]

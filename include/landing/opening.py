"""Opening: a file of plain bytes, with the reader of its format."""

from pathlib import Path

from include.landing.columnar import read_parquet
from include.landing.contract import Contract
from include.landing.delimited import read_delimited
from include.landing.jsonl import read_jsonl
from include.landing.reading import Reading
from include.landing.unpacking import Wait
from include.warehouse import Connection


def open_file(
    connection: Connection,
    contract: Contract,
    path: Path,
    *,
    is_vouched: bool,
    wait: Wait | None = None,
) -> Reading:
    """Open the file with its format's reader; a text may still be written, then it ``wait``s."""
    if contract.layout.format == "csv":
        return read_delimited(contract, path, is_vouched=is_vouched, wait=wait)
    if contract.layout.format == "jsonl":
        return read_jsonl(contract, path, wait=wait)
    return read_parquet(contract, path, connection=connection, is_vouched=is_vouched)

"""Delimited: read a CSV with the contract's dialect, its columns matched by name.

The records are cut and judged by :mod:`include.landing.records`; DuckDB's reader sees only those
that keep to the dialect, and has to count as many.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from include.landing.contract import Contract
from include.landing.errors import ExtractRefusedError
from include.landing.reading import Reading, check_columns, gather, raw_texts
from include.landing.records import (
    MAX_RECORD_BYTES,
    Block,
    find_faults,
    find_misshapen,
    read_blocks,
    read_texts,
)
from include.warehouse import Connection, literal, quoted_column

HEADER = 1
BOM, UTF_16 = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
SET_ASIDE = "\x1a"  # stands in for a broken record; control characters are refused in data


@dataclass(frozen=True, kw_only=True)
class _Scan:
    """What one pass over the bytes found."""

    header: list[str]
    records: int
    faults: list[pl.DataFrame]
    has_carriage_returns: bool


def read_delimited(contract: Contract, path: Path, *, scratch: Path, is_vouched: bool) -> Reading:
    """Open a CSV; refuse it where its header is not the contract's.

    ``is_vouched`` says that a manifest has confirmed the bytes; without one, a last line that has
    no line break may have been cut short, and is set aside.
    """
    multiline = contract.layout.quote if contract.layout.has_line_breaks_in_fields else None
    scan = _scan(contract, path, multiline, is_vouched=is_vouched)
    broken = gather(scan.faults, header=HEADER)
    clean = path
    if broken.height or scan.has_carriage_returns:
        clean = scratch / "clean.csv"
        _write_clean(contract, path, clean, broken, multiline)

    def texts(_: Connection, rows: pl.DataFrame) -> pl.DataFrame:
        records = rows["row_number"].sort().to_numpy() - 1 + HEADER
        return raw_texts(read_texts(path, records, quote=multiline), header=HEADER)

    return Reading(
        records=scan.records,
        rows=lambda _: _source(contract, clean, scan.header),
        texts=texts,
        broken=broken,
    )


def _scan(contract: Contract, path: Path, multiline: str | None, *, is_vouched: bool) -> _Scan:
    """Read the header, count the records and find the broken ones, in one pass over the bytes."""
    header: list[str] = []
    faults: list[pl.DataFrame] = []
    records, has_carriage_returns = 0, False
    for block in read_blocks(path, quote=multiline):
        if block.first == 0:
            header = _header(contract, block)
        misshapen = find_misshapen(
            block,
            fields=len(contract.columns),
            delimiter=contract.layout.delimiter,
            quote=contract.layout.quote,
        )
        faults += [frame for frame in (find_faults(block), misshapen) if frame.height]
        if block.is_cut and not is_vouched:
            last = block.first + block.starts.size - 1
            reason = "line: the last has no line break, and no manifest vouches for the file"
            faults.append(pl.DataFrame({"row_number": [last], "reason": [reason]}))
        has_carriage_returns |= b"\r" in block.data
        records += block.starts.size
    if not header:
        raise ExtractRefusedError("the file is empty; even a day without rows has a header")
    return _Scan(
        header=header,
        records=records - HEADER,
        faults=faults,
        has_carriage_returns=has_carriage_returns,
    )


def _header(contract: Contract, block: Block) -> list[str]:
    """Return the names in the first record, which must be the contract's, in whatever order."""
    line = block.data[: int(block.ends[0])].rstrip(b"\r")
    if line.startswith(UTF_16):
        raise ExtractRefusedError("the file is UTF-16; the contract says it is not")
    try:
        text = line.removeprefix(BOM).decode("utf-8")
        names = next(
            csv.reader(
                [text],
                delimiter=contract.layout.delimiter,
                quotechar=contract.layout.quote,
                strict=True,
            )
        )
    except (UnicodeDecodeError, csv.Error) as error:
        raise ExtractRefusedError(f"its header cannot be read: {error}") from error
    check_columns(contract, names)
    return names


def _write_clean(
    contract: Contract, path: Path, clean: Path, broken: pl.DataFrame, multiline: str | None
) -> None:
    """Copy the file with LF, and stand-ins for its broken records: row numbers stay."""
    empty = contract.layout.delimiter * (len(contract.columns) - 1)
    stand_in = pa.scalar(f"{SET_ASIDE}{empty}\n".encode(), pa.large_binary())
    away = broken["row_number"].to_numpy() - 1 + HEADER
    with clean.open("wb") as file:
        for block in read_blocks(path, quote=multiline):
            low, high = np.searchsorted(away, [block.first, block.first + block.starts.size])
            is_away = np.zeros(block.starts.size, bool)
            is_away[away[low:high] - block.first] = True
            data = block.data
            if low < high:
                kept = pc.if_else(pa.array(is_away), stand_in, block.records)
                data = kept.buffers()[2].to_pybytes()
            file.write(data if multiline else data.replace(b"\r\n", b"\n"))


def _source(contract: Contract, path: Path, header: list[str]) -> str:
    """Return the SQL that reads the clean file: every value text, nothing sniffed."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
    nulls = ", ".join(literal(token) for token in contract.null_tokens)
    quote = literal(contract.layout.quote)
    return (
        f"(SELECT *, NULL::bigint AS _position, "
        f"{quoted_column(header[0])} IS DISTINCT FROM {literal(SET_ASIDE)} AS _is_row "
        f"FROM read_csv({literal(path)}, auto_detect = false, columns = {{{columns}}}, "
        f"header = true, delim = {literal(contract.layout.delimiter)}, quote = {quote}, "
        f"escape = {quote}, nullstr = [{nulls}]::varchar[], "
        f"max_line_size = {MAX_RECORD_BYTES + 2}, strict_mode = true))"
    )

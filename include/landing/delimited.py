"""Delimited: read a CSV with the contract's dialect, its columns matched by name.

The records are cut and judged by :mod:`include.landing.records`; Arrow's parser sees only those
that keep to the dialect, block by block, and has to count as many. What it cuts into fields streams
into SQL as text, each row with its number, so SQL may take the blocks in several threads.
"""

import csv
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from include.landing.contract import Contract
from include.landing.errors import ExtractRefusedError
from include.landing.faults import find_faults
from include.landing.fields import find_misshapen
from include.landing.plain import plain_bits, plain_checks, plain_number
from include.landing.reading import (
    Reading,
    Tally,
    check_columns,
    offer,
    raw_texts,
)
from include.landing.records import (
    Block,
    Positions,
    read_blocks,
    read_texts,
)
from include.landing.scan import Scan
from include.landing.unpacking import Wait
from include.landing.vectors import as_flags, as_numbers
from include.warehouse import Connection

HEADER = 1
BOM, UTF_16 = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
_SLICE = 50_000  # texts that are parsed in one go


def read_delimited(
    contract: Contract, path: Path, *, is_vouched: bool, wait: Wait | None = None
) -> Reading:
    """Open a CSV; refuse it where its header is not the contract's.

    ``is_vouched`` says that a manifest has confirmed the bytes; without one, a last line that has
    no line break may have been cut short, and is set aside.
    """
    multiline = contract.layout.quote if contract.layout.has_line_breaks_in_fields else None
    scan, header = _open(contract, path, multiline, is_vouched=is_vouched, wait=wait)
    parser = _Parser(contract, header)
    failures: list[Exception] = []

    def rows(connection: Connection) -> str:
        offer(connection, parser.schema, scan.each(parser.read_block), failures)
        return "_records"

    def texts(_: Connection, rows: pl.DataFrame) -> pl.DataFrame:
        records = rows["row_number"].sort().to_numpy() - 1 + HEADER
        return raw_texts(read_texts(path, scan.spans, records, quote=multiline), header=HEADER)

    def again(connection: Connection, texts: pl.DataFrame) -> str:
        offer(
            connection, parser.schema, map(parser.read_texts, texts.iter_slices(_SLICE)), failures
        )
        return "_records"

    return Reading(
        tally=lambda: Tally(records=scan.records, broken=scan.broken),
        rows=rows,
        texts=texts,
        again=again,
        plain=parser.plain,
        failures=failures,
    )


def _open(
    contract: Contract,
    path: Path,
    multiline: str | None,
    *,
    is_vouched: bool,
    wait: Wait | None,
) -> tuple[Scan, list[str]]:
    """Read the header, and return it with the scan that will judge every record."""
    source = read_blocks(path, quote=multiline, wait=wait)
    first = next(source, None)
    if first is None:
        raise ExtractRefusedError("the file is empty; even a day without rows has a header")
    header = _header(contract, first)
    if first.is_cut and first.count == HEADER and not is_vouched:
        raise ExtractRefusedError("its header has no line break, and no manifest vouches for it")

    def judge(block: Block) -> list[pl.DataFrame]:
        found = [find_faults(block), _misshapen(contract, block)]
        if block.is_cut and not is_vouched:
            last = block.first + block.count - 1
            reason = "line: the last has no line break, and no manifest vouches for the file"
            found.append(pl.DataFrame({"row_number": [last], "reason": [reason]}))
        return [frame for frame in found if frame.height]

    scan = Scan(
        path=path,
        source=chain([first], source),
        judge=judge,
        header=HEADER,
        max_rows=contract.layout.max_rows,
        quote=multiline,
    )
    return scan, header


def _misshapen(contract: Contract, block: Block) -> pl.DataFrame:
    layout, fields = contract.layout, len(contract.columns)
    return find_misshapen(block, fields=fields, delimiter=layout.delimiter, quote=layout.quote)


def _header(contract: Contract, block: Block) -> list[str]:
    """Return the names in the first record, which must be the contract's, in whatever order."""
    line = block.data[: int(block.ends[0])].rstrip(b"\r")
    if line.startswith(UTF_16):
        said = contract.layout.encoding
        raise ExtractRefusedError(f"the file is UTF-16; its contract says {said}")
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
    expected = {column.name for column in contract.columns}
    if len(names) == 1 < len(expected):
        said = contract.layout.delimiter
        if found := contract.layout.other_delimiter(text, expected):
            raise ExtractRefusedError(
                f"its columns are parted by {found!r}; its contract says {said!r}"
            )
    check_columns(contract, names)
    return names


class _Parser:
    """Arrow's CSV parser with the contract's dialect: every value text, nothing guessed."""

    def __init__(self, contract: Contract, header: list[str]) -> None:
        """Take the dialect from the contract, and the order of the columns from the file."""
        layout = contract.layout
        texts = [(name, pa.string()) for name in header]
        self.schema = pa.schema([("_position", pa.int64()), *texts, ("_plain", pa.int64())])
        self._header = header
        self._checks = plain_checks(contract)
        self.plain = plain_bits(self._checks)
        self._dialect = arrow_csv.ParseOptions(
            delimiter=layout.delimiter,
            quote_char=layout.quote,
            double_quote=True,
            newlines_in_values=layout.has_line_breaks_in_fields,
            ignore_empty_lines=False,
        )
        self._values = arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            null_values=list(contract.null_tokens),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            check_utf8=False,  # the scan has
        )

    def read_block(self, block: Block, away: Positions) -> pa.RecordBatch:
        """Return a block's rows, without the header and without the records ``away``."""
        skipped = HEADER if block.first == 0 else 0
        if not away.size:
            data = block.data
            if skipped:  # else where records begin need not be known
                data = data[int(block.starts[1]) :] if block.count > 1 else b""
            return self._read(data, np.arange(block.first + skipped, block.first + block.count))
        is_kept = np.ones(block.count, bool)
        is_kept[:skipped] = False
        is_kept[away - block.first] = False
        kept = block.records.filter(as_flags(is_kept))
        return self._read(kept.buffers()[2], block.first + np.flatnonzero(is_kept))

    def read_texts(self, texts: pl.DataFrame) -> pa.RecordBatch:
        """Return the rows of raw texts, each without its line break."""
        data = texts["raw_text"].str.join("\n").item().encode()
        return self._read(data, texts["row_number"].to_numpy() - 1 + HEADER)

    def _read(self, data: bytes | pa.Buffer, records: Positions) -> pa.RecordBatch:
        """Return the rows of whole ``records``; refuse the file where the parser counts others."""
        numbers = as_numbers(records + 1 - HEADER)
        if not records.size:
            return pa.RecordBatch.from_pylist([], schema=self.schema)
        options = arrow_csv.ReadOptions(
            column_names=self._header, use_threads=False, block_size=len(data) + 1
        )
        try:
            found = arrow_csv.read_csv(
                pa.BufferReader(data),
                read_options=options,
                parse_options=self._dialect,
                convert_options=self._values,
            )
        except pa.ArrowInvalid:  # its text would show values
            found = None
        if found is None or found.num_rows != records.size:
            first, last = int(records[0]) + 1 - HEADER, int(records[-1]) + 1 - HEADER
            raise ExtractRefusedError(
                f"rows {first} to {last}: the parser finds other rows than their line breaks make"
            ) from None
        columns = [_whole(column) for column in found.columns]
        batch = pa.record_batch([numbers, *columns], names=self.schema.names[:-1])
        plain = np.full(records.size, plain_number(self._checks, batch))
        return batch.append_column(self.schema.field("_plain"), as_numbers(plain))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece; Arrow would copy even one that is."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()

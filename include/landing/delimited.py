"""Delimited: read a CSV with the contract's dialect, its columns matched by name.

The records are cut and judged by :mod:`include.landing.records`; Arrow's parser sees only those
that keep to the dialect, block by block, and has to count as many. What it cuts into fields streams
into SQL as text, each row with its number, so SQL may take the blocks in several threads.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from include.landing.contract import Contract
from include.landing.errors import ExtractRefusedError
from include.landing.fields import find_misshapen
from include.landing.plain import plain_bits, plain_checks, plain_number
from include.landing.reading import (
    Reading,
    check_columns,
    count_rows,
    gather,
    offer,
    raw_texts,
    refuse_if_mostly_bad,
)
from include.landing.records import (
    Block,
    Positions,
    Span,
    find_faults,
    in_order,
    read_blocks,
    read_spans,
    read_texts,
)
from include.warehouse import Connection

HEADER = 1
BOM, UTF_16 = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
_SLICE = 50_000  # texts that are parsed in one go
# DuckDB writes a row group of 122,880 rows at a time, and what comes in far smaller parts twice.
BATCH_ROWS, BATCH_BYTES = 61_440, 8 << 20


@dataclass(frozen=True, kw_only=True)
class _Scan:
    """What one pass over the bytes found."""

    header: list[str]
    spans: list[Span]
    broken: pl.DataFrame

    @property
    def records(self) -> int:
        """How many rows there are, without the header."""
        return sum(span.count for span in self.spans) - HEADER


def read_delimited(contract: Contract, path: Path, *, is_vouched: bool) -> Reading:
    """Open a CSV; refuse it where its header is not the contract's.

    ``is_vouched`` says that a manifest has confirmed the bytes; without one, a last line that has
    no line break may have been cut short, and is set aside.
    """
    multiline = contract.layout.quote if contract.layout.has_line_breaks_in_fields else None
    scan = _scan(contract, path, multiline, is_vouched=is_vouched)
    parser = _Parser(contract, scan.header)
    away = scan.broken["row_number"].to_numpy() - 1 + HEADER
    failures: list[Exception] = []

    def rows(connection: Connection) -> str:
        blocks = read_spans(path, _batches(scan.spans), quote=multiline)
        batches = in_order(lambda block: parser.read_block(block, away), blocks)
        offer(connection, parser.schema, batches, failures)
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
        records=scan.records,
        rows=rows,
        texts=texts,
        again=again,
        plain=parser.plain,
        broken=scan.broken,
        failures=failures,
    )


def _scan(contract: Contract, path: Path, multiline: str | None, *, is_vouched: bool) -> _Scan:
    """Read the header, count the records and find the broken ones, in one pass over the bytes."""
    header: list[str] = []
    spans: list[Span] = []
    faults: list[pl.DataFrame] = []

    def blocks() -> Iterator[Block]:
        for block in read_blocks(path, quote=multiline):
            if block.first == 0:
                header.extend(_header(contract, block))
                if block.is_cut and block.count == HEADER and not is_vouched:
                    raise ExtractRefusedError(
                        "its header has no line break, and no manifest vouches for the file"
                    )
            yield block

    def judge(block: Block) -> tuple[Span, list[pl.DataFrame]]:
        found = [find_faults(block), _misshapen(contract, block)]
        if block.is_cut and not is_vouched:
            last = block.first + block.count - 1
            reason = "line: the last has no line break, and no manifest vouches for the file"
            found.append(pl.DataFrame({"row_number": [last], "reason": [reason]}))
        return block.span, [frame for frame in found if frame.height]

    bad = 0
    for span, found in in_order(judge, blocks()):
        spans.append(span)
        faults += found
        bad += count_rows(found)
        refuse_if_mostly_bad(bad, span.first + span.count - HEADER)
    if not header:
        raise ExtractRefusedError("the file is empty; even a day without rows has a header")
    return _Scan(header=header, spans=spans, broken=gather(faults, header=HEADER))


def _batches(spans: list[Span]) -> Iterator[Span]:
    """Yield neighbours as one span, as long as they make one batch."""
    batch = replace(spans[0], size=0, count=0)
    for span in spans:
        size, count = batch.size + span.size, batch.count + span.count
        if batch.count and (count > BATCH_ROWS or size > BATCH_BYTES):
            yield batch
            batch = span
        else:
            batch = replace(batch, size=size, count=count, is_cut=span.is_cut)
    yield batch


def _misshapen(contract: Contract, block: Block) -> pl.DataFrame:
    layout, fields = contract.layout, len(contract.columns)
    return find_misshapen(block, fields=fields, delimiter=layout.delimiter, quote=layout.quote)


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
        low, high = np.searchsorted(away, [block.first, block.first + block.count])
        skipped = HEADER if block.first == 0 else 0
        if low == high:
            data = block.data
            if skipped:  # else where records begin need not be known
                data = data[int(block.starts[1]) :] if block.count > 1 else b""
            return self._read(data, np.arange(block.first + skipped, block.first + block.count))
        is_kept = np.ones(block.count, bool)
        is_kept[:skipped] = False
        is_kept[away[low:high] - block.first] = False
        kept = block.records.filter(pa.array(is_kept))
        return self._read(kept.buffers()[2], block.first + np.flatnonzero(is_kept))

    def read_texts(self, texts: pl.DataFrame) -> pa.RecordBatch:
        """Return the rows of raw texts, each without its line break."""
        data = texts["raw_text"].str.join("\n").item().encode()
        return self._read(data, texts["row_number"].to_numpy() - 1 + HEADER)

    def _read(self, data: bytes | pa.Buffer, records: Positions) -> pa.RecordBatch:
        """Return the rows of whole ``records``; refuse the file where the parser counts others."""
        numbers = pa.array(records + 1 - HEADER, pa.int64())
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
        columns = [column.combine_chunks() for column in found.columns]
        batch = pa.record_batch([numbers, *columns], names=self.schema.names[:-1])
        plain = np.full(records.size, plain_number(self._checks, batch))
        return batch.append_column(self.schema.field("_plain"), pa.array(plain))

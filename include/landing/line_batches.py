"""Line batches: JSON lines on their way to SQL: cut into texts where they can be, else whole."""

import numpy as np
import polars as pl
import pyarrow as pa

from include.landing.contract import Contract
from include.landing.cutting import cut
from include.landing.plain import plain_bits, plain_checks, plain_number
from include.landing.records import Block, Positions
from include.landing.spelling import Spelling
from include.landing.vectors import as_flags, as_numbers


class LineBatches:
    """What makes batches of lines with one ``schema``: ``_line`` is null where it has been cut."""

    def __init__(self, contract: Contract, spelling: Spelling) -> None:
        """Take the columns and the null tokens from the contract."""
        texts = [(column.name, pa.string()) for column in contract.columns]
        self.schema = pa.schema(
            [
                ("_position", pa.int64()),
                ("_line", pa.large_string()),
                *texts,
                ("_plain", pa.int64()),
            ]
        )
        self._spelling = spelling
        self._tokens = contract.null_tokens
        self._checks = plain_checks(contract)
        self.plain = plain_bits(self._checks)

    def of_block(self, block: Block, away: Positions) -> list[pa.RecordBatch]:
        """Return a block's lines, without the lines ``away``."""
        is_wanted = np.ones(block.count, bool)
        is_wanted[away - block.first] = False
        records, texts = cut(self._spelling, block, is_wanted, null_tokens=self._tokens)
        is_whole = is_wanted
        is_whole[records] = False
        batches = []
        if records.size:
            batches.append(self._cut_batch(block.first + 1 + records, texts))
        if is_whole.any():
            whole = block.records.filter(as_flags(is_whole))
            # The scan has found them to be UTF-8; a cast would look at every byte again.
            lines = pa.LargeStringArray.from_buffers(len(whole), *whole.buffers()[1:])
            batches.append(
                self._batch(block.first + 1 + np.flatnonzero(is_whole), {"_line": lines})
            )
        return batches

    def of_texts(self, texts: pl.DataFrame) -> pa.RecordBatch:
        """Return the lines of raw texts, all whole."""
        lines = texts["raw_text"].to_arrow(compat_level=pl.CompatLevel.oldest())
        return self._batch(texts["row_number"].to_numpy(), {"_line": lines})

    def _cut_batch(self, numbers: Positions, texts: list[pa.StringArray]) -> pa.RecordBatch:
        names = [column.name for column in self._spelling.columns]
        columns = dict(zip(names, texts, strict=True))
        batch = self._batch(numbers, columns)
        plain = as_numbers(np.full(numbers.size, plain_number(self._checks, batch)))
        return self._batch(numbers, {**columns, "_plain": plain})

    def _batch(self, numbers: Positions, known: dict[str, pa.Array]) -> pa.RecordBatch:
        """Return a batch with what is ``known`` of its lines, and nulls for what is not."""
        columns = {"_position": as_numbers(numbers), **known}
        arrays = [
            columns[field.name] if field.name in columns else pa.nulls(numbers.size, field.type)
            for field in self.schema
        ]
        return pa.record_batch(arrays, schema=self.schema)

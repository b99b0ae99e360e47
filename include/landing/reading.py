"""Reading: what every format's reader hands over, whatever the file looked like."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa

from include.landing.contract import Contract
from include.landing.errors import ExtractRefusedError
from include.warehouse import Connection

BROKEN = pl.Schema({"row_number": pl.Int64(), "reasons": pl.List(pl.String())})
MOST_BAD, MOST_BAD_SHARE = 1_000_000, 0.1  # together the most that is set aside of one file
TEXTS = pl.Schema({"row_number": pl.Int64(), "raw_text": pl.String()})


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One reason to set a row aside: a SQL condition that is true for such a row."""

    broken: str
    reason: str
    proof: str = "false"  # a cheaper condition; where it is true, the rule is kept
    is_sure: bool = False  # kept, too, where all of a reading's sure columns are plain and filled


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many rows a file has, and which of them are broken, with every reason."""

    records: int
    broken: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=BROKEN))


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A file, opened, its rows not yet read.

    ``tally`` returns how many rows there are, counted from the bytes and never by the parser, and
    those (1-based) that no parser should see; it may refuse the file. Before ``rows`` have streamed
    it costs a pass over the file. ``rows`` returns a FROM item with the contract's columns, as text
    where ``is_text``, and ``_position``, the row's number. ``texts`` returns ``raw_text`` by
    ``row_number``, and ``again`` a FROM item like that of ``rows`` of these texts alone. Whatever
    ``rows`` and ``again`` register streams once. ``check`` may refuse the file for its bad rows,
    given as ``again`` has them. What went wrong while DuckDB was fed is in ``failures``. Where both
    have ``_plain``, ``plain`` is each checked column's bit in it (:mod:`include.landing.plain`).
    """

    tally: Callable[[], Tally]
    rows: Callable[[Connection], str]
    texts: Callable[[Connection, pl.DataFrame], pl.DataFrame]
    again: Callable[[Connection, pl.DataFrame], str]
    is_text: bool = True
    plain: Mapping[str, int] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    check: Callable[[Connection, str], None] = lambda _, __: None
    failures: list[Exception] = field(default_factory=list)


def offer(
    connection: Connection,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    failures: list[Exception],
) -> None:
    """Offer ``batches`` to SQL, once, as ``_records``; DuckDB would keep only an error's text."""

    def watched() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except Exception as error:
            failures.append(error)
            raise

    connection.register("_records", pa.RecordBatchReader.from_batches(schema, watched()))


def gather(faults: list[pl.DataFrame], *, header: int) -> pl.DataFrame:
    """Return one row a broken record with all its reasons; ``header`` records are not counted."""
    number = pl.col("row_number") + 1 - header
    return (
        pl.concat([pl.DataFrame(schema={"row_number": pl.Int64, "reason": pl.String}), *faults])
        .select(number, "reason")
        .group_by("row_number")
        .agg(pl.col("reason").sort().alias("reasons"))
        .sort("row_number")
    )


def raw_texts(texts: pl.DataFrame, *, header: int) -> pl.DataFrame:
    """Return ``texts`` of 0-based records as texts of 1-based rows."""
    return texts.with_columns(pl.col("row_number") + 1 - header)


def refuse_if_mostly_bad(bad: int, rows: int) -> None:
    """Refuse a file of whose first ``rows`` rows more than a million and a tenth are ``bad``.

    Rows that are set aside are kept with their text and their reasons, in memory for a while; so
    many would not be read by anybody.
    """
    if bad > MOST_BAD and bad > MOST_BAD_SHARE * rows:
        raise ExtractRefusedError(
            f"{bad:,} of its first {rows:,} rows cannot land. More than {MOST_BAD:,} and more than "
            f"{MOST_BAD_SHARE:.0%} make a wrong file and no wrong rows: check a file of its first "
            "thousand lines to see the reasons"
        )


def check_columns(contract: Contract, names: list[str]) -> None:
    """Refuse a file whose columns are not the contract's: each one once, in any order."""
    expected = {column.name for column in contract.columns}
    missing = [name for name in expected if name not in names]
    extra = sorted({name for name in names if name not in expected})
    twice = [name for name, times in Counter(names).items() if times > 1]
    problems = [
        f"{what}: {', '.join(repr(name[:60]) for name in sorted(found)[:10])}"
        for what, found in (
            ("missing columns", missing),
            ("columns the contract does not know", extra),
            ("columns given twice", twice),
        )
        if found
    ]
    if problems:
        raise ExtractRefusedError("; ".join(problems))

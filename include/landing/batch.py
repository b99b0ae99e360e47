"""Batch: one file: rows that keep to the contract land, the others are set aside, all counted.

Which files land, and what happens around them, belongs in :mod:`include.landing.land`.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from include.landing.cast import Cast, cast_rows
from include.landing.contract import Contract
from include.landing.delivery import (
    Arrival,
    hold_to_manifest,
    refuse_if_changed,
)
from include.landing.errors import ExtractRefusedError
from include.landing.opening import open_file
from include.landing.reading import BROKEN, Reading, Tally, refuse_if_mostly_bad
from include.landing.repeats import PART, count_repeats
from include.landing.unpacking import Plain, unpacked
from include.landing.vectors import as_vector
from include.warehouse import (
    Connection,
    Error,
    is_fault_of_data,
    literal,
    quoted,
    quoted_column,
    read_query,
    stream_query,
)

_ASIDE_AT_ONCE = 25_000  # rows that are explained together: their texts and reasons take memory


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What became of a file's rows: delivered = landed + quarantined, always."""

    delivered: int
    landed: int
    quarantined: int
    header: str | None = None  # a delimited file's first line: what its raw texts are read by

    def __str__(self) -> str:
        """Say it as the log does."""
        return (
            f"{self.delivered} rows delivered, {self.landed} landed, {self.quarantined} quarantined"
        )


def load_batch(
    connection: Connection, contract: Contract, arrival: Arrival, *, scratch: Path
) -> Counts:
    """Land one file inside the caller's transaction, and return what became of its rows.

    Raises :class:`ExtractRefusedError`, and the caller rolls back, where the file as a whole cannot
    be trusted: other bytes, columns, types or counts than its manifest, its contract or its own
    line breaks say.
    """
    if arrival.excess:
        raise ExtractRefusedError(arrival.excess)
    promised = hold_to_manifest(arrival)
    with unpacked(contract, arrival, scratch=scratch) as plain:
        return _load(connection, contract, arrival, plain, promised=promised)


def _load(
    connection: Connection,
    contract: Contract,
    arrival: Arrival,
    plain: Plain,
    *,
    promised: int | None,
) -> Counts:
    """Land the file's plain bytes, of which a manifest has ``promised`` so many rows."""
    is_vouched = promised is not None
    try:
        reading = open_file(
            connection, contract, plain.path, is_vouched=is_vouched, wait=plain.wait
        )
        cast = cast_rows(contract, reading, delivered_on=str(arrival.delivered_on))
        landed = _insert_good(connection, contract, arrival, reading, cast)
        pa.default_memory_pool().release_unused()  # what was read is not needed any more
        tally = reading.tally()
        if promised not in {None, tally.records}:
            raise ExtractRefusedError(f"it has {tally.records} rows; its manifest says {promised}")
        refuse_if_mostly_bad(tally.records - landed, tally.records)
        if landed < tally.records:
            _set_aside(connection, contract, arrival, reading, cast, tally)
            pa.default_memory_pool().release_unused()
        take_out_duplicates(connection, contract, reading, arrival.batch_id)
    except Error as error:
        if reading.failures:
            raise reading.failures[0] from error
        if not is_fault_of_data(error):
            error.add_note(f"while landing {arrival.path}; nothing of it has landed")
            raise
        what = str(error).partition("\n")[0]
        raise ExtractRefusedError(f"it cannot be read: {what[:200]}") from error
    refuse_if_changed(arrival)
    counts = _conserved(connection, contract, arrival.batch_id, delivered=tally.records)
    return replace(counts, header=_header(plain.path) if contract.layout.format == "csv" else None)


def _header(plain: Path) -> str:
    """Return the first line of a file whose columns have been held to the contract."""
    with plain.open("rb") as file:
        return file.readline().decode("utf-8-sig").rstrip("\r\n")


def _insert_good(
    connection: Connection, contract: Contract, arrival: Arrival, reading: Reading, cast: Cast
) -> int:
    """Insert the rows without a fault, in one scan, and return how many there were."""
    [(inserted,)] = connection.execute(
        f"INSERT INTO {quoted(contract.table)} ({raw_columns(contract)}) "
        "SELECT * EXCLUDE (_row_number), "
        f"{literal(arrival.batch_id)}, _row_number, {literal(arrival.delivered_on)}::date "
        f"FROM ({cast.good_rows(reading.rows(connection))})"
    ).fetchall()
    return int(inserted)


def raw_columns(contract: Contract) -> str:
    """Return the raw table's columns by name: one that was added stands after landing's own."""
    names = [*(column.name for column in contract.columns), "_batch_id", "_row_number"]
    return ", ".join(quoted_column(name) for name in (*names, "_delivered_on"))


def _set_aside(  # noqa: PLR0913, PLR0917 - what one file is made of
    connection: Connection,
    contract: Contract,
    arrival: Arrival,
    reading: Reading,
    cast: Cast,
    tally: Tally,
) -> None:
    """Set every row aside that did not land: its number, all its reasons, and its raw text.

    Only these rows are read again, of a text so many at once; Parquet is searched whole for them.
    """
    aside = _not_landed(connection, contract, arrival, tally)
    for part in aside.iter_slices(_ASIDE_AT_ONCE if reading.is_text else aside.height):
        texts = reading.texts(connection, part)
        found = [tally.broken.join(part, on="row_number", how="semi").cast(BROKEN)]
        judged = texts.join(tally.broken, on="row_number", how="anti")
        if judged.height:
            query = cast.bad_rows(reading.again(connection, judged))
            found.append(read_query(connection, query).cast(BROKEN))
            reading.check(connection, reading.again(connection, judged))
        reasons = pl.concat(found).join(texts, on="row_number", how="left")
        _quarantine(connection, contract, reasons, arrival.batch_id)


def _not_landed(
    connection: Connection, contract: Contract, arrival: Arrival, tally: Tally
) -> pl.DataFrame:
    """Return the numbers of the rows that are not in the raw table, and of all that are broken.

    A broken row that is in the table would so be in both, which is for :func:`_conserved` to see.
    """
    is_missing = np.ones(tally.records + 1, bool)
    is_missing[0] = False  # rows count from 1
    landed = (
        f"SELECT _row_number FROM {quoted(contract.table)} "
        f"WHERE _batch_id = {literal(arrival.batch_id)}"
    )
    for numbers in stream_query(connection, landed, rows_at_once=PART):
        is_missing[as_vector(numbers.column(0))] = False
    is_missing[tally.broken["row_number"].to_numpy()] = True
    return pl.DataFrame({"row_number": np.flatnonzero(is_missing)})


def _quarantine(
    connection: Connection, contract: Contract, aside: pl.DataFrame, batch_id: str
) -> None:
    """Write rows to the quarantine, in the order of the file."""
    connection.register("_aside", aside.sort("row_number"))
    connection.execute(
        "INSERT INTO ops.quarantined_rows (batch_id, source, entity, row_number, raw_text, reasons)"
        " SELECT ?, ?, ?, row_number, raw_text, reasons FROM _aside",
        [batch_id, contract.source, contract.entity],
    )
    connection.unregister("_aside")


def take_out_duplicates(
    connection: Connection, contract: Contract, reading: Reading, batch_id: str
) -> None:
    """Set aside rows whose key the file gives twice.

    Of rows that are equal in every column the first stays. Where they differ nobody can say which
    is right, so none stays: the answer does not hang on the order of the rows.
    """
    if not contract.key:
        return
    table, this = quoted(contract.table), f"_batch_id = {literal(batch_id)}"
    key = ", ".join(quoted_column(name) for name in contract.key)
    count, again = count_repeats(connection, contract.table, f"hash({key})", where=this)
    if not again:
        return
    refuse_if_mostly_bad(again, count)
    columns = ", ".join(quoted_column(column.name) for column in contract.columns)
    aside = read_query(
        connection,
        f"WITH again AS (SELECT hash({key}) AS key_hash FROM {table} WHERE {this} "
        "GROUP BY key_hash HAVING count(*) > 1), "
        f"judged AS (SELECT _row_number, count(*) OVER same_key AS keys, "
        f"count(*) OVER same_row AS copies, row_number() OVER same_row AS copy FROM {table} "
        f"WHERE {this} AND hash({key}) IN (FROM again) WINDOW same_key AS (PARTITION BY {key}), "
        f"same_row AS (PARTITION BY {columns} ORDER BY _row_number "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) "
        f"SELECT _row_number AS row_number, [{literal(', '.join(contract.key))} || CASE WHEN "
        "copies = keys THEN ': the row is given twice' "
        "ELSE ': the key is given twice, with other values' END] AS reasons "
        "FROM judged WHERE keys > 1 AND (copies < keys OR copy > 1)",
    )
    if aside.height == 0:
        return
    connection.register("_twice", aside.select("row_number"))
    connection.execute(
        f"DELETE FROM {table} WHERE {this} AND _row_number IN (SELECT row_number FROM _twice)"
    )
    connection.unregister("_twice")
    aside = aside.join(reading.texts(connection, aside), on="row_number", how="left")
    _quarantine(connection, contract, aside, batch_id)


def _conserved(
    connection: Connection, contract: Contract, batch_id: str, *, delivered: int
) -> Counts:
    """Count what is in the tables now, and refuse the file where a row is in neither or in both."""
    [(landed, quarantined)] = connection.execute(
        f"SELECT (SELECT count(*) FROM {quoted(contract.table)} WHERE _batch_id = $id), "
        "(SELECT count(*) FROM ops.quarantined_rows "
        "WHERE source = $source AND entity = $entity AND batch_id = $id)",
        {"id": batch_id, "source": contract.source, "entity": contract.entity},
    ).fetchall()
    if landed + quarantined != delivered:
        raise ExtractRefusedError(
            f"its line breaks make {delivered} rows, but {landed} landed and {quarantined} were "
            "set aside"
        )
    return Counts(delivered=delivered, landed=landed, quarantined=quarantined)

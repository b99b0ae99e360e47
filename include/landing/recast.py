"""Recast: kept rows read once more: the file's texts, or values as JSON, by today's contract.

Which batches, and what is one transaction, belongs in :mod:`include.landing.replay`.
"""

import csv
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import polars as pl

from include.landing import keys
from include.landing.batch import raw_columns, take_out_duplicates
from include.landing.cast import cast_rows
from include.landing.contract import Contract
from include.landing.delivery import Arrival
from include.landing.errors import LandingError
from include.landing.opening import open_file
from include.landing.reading import BROKEN, TEXTS, Reading, Tally
from include.warehouse import Connection, literal, quoted, quoted_column, read_query

VALUES = "values"  # what `held` says of a row that is kept as its values, not as the file's text
_HOPELESS = ("line: the last has no line break", "line: not valid UTF-8")


class Batch(NamedTuple):
    """A landed batch that has rows in the quarantine, and how its texts are to be read."""

    arrival: Arrival
    header: str | None
    delivered: int


def kept(
    connection: Connection, contract: Contract, batch_id: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows worth casting again, numbered from 1: the file's texts, and values."""
    hopeless = " OR ".join(f"starts_with(reason, {literal(start)})" for start in _HOPELESS)
    kept = read_query(
        connection,
        "SELECT row_number, raw_text, held FROM ops.quarantined_rows "
        f"WHERE source = {literal(contract.source)} AND entity = {literal(contract.entity)} "
        f"AND batch_id = {literal(batch_id)} AND raw_text IS NOT NULL "
        f"AND NOT list_bool_or(list_transform(reasons, lambda reason: {hopeless})) "
        "ORDER BY row_number",
    )
    is_values = pl.col("held").fill_null("") == VALUES
    columns = pl.col("row_number"), pl.col("raw_text")
    return kept.filter(~is_values).select(columns), kept.filter(is_values).select(columns)


def of_texts(
    connection: Connection, contract: Contract, batch: Batch, texts: pl.DataFrame, *, scratch: Path
) -> tuple[Reading, pl.DataFrame]:
    """Write the texts as a file of their own, open it, and number the texts as it does.

    A JSON file says by its first line what keys it has; this one begins with a line of all keys.
    """
    is_csv = contract.layout.format == "csv"
    nulls = ", ".join(f'"{column.name}": null' for column in contract.columns)
    first = str(batch.header) if is_csv else f"{{{nulls}}}"
    file = scratch / f"replay-{batch.arrival.batch_id}"
    lines = pl.concat([pl.Series([first], dtype=pl.String), texts["raw_text"]])
    file.write_bytes("".join(lines + "\n").encode("utf-8"))
    reading = open_file(connection, contract, file, is_vouched=True)
    offset = 1 if is_csv else 2
    if (records := reading.tally().records) != texts.height + offset - 1:
        raise LandingError(
            f"{batch.arrival.path}: its {texts.height} quarantined rows make {records} by "
            "the contract as it is now, so nothing was moved; deliver the file again instead"
        )
    return reading, texts.with_row_index("position", offset=offset)


def as_delivered(contract: Contract, header: str | None) -> Contract:
    """Return the contract of a file that came before the contract's newest columns."""
    if header is None:
        return contract
    layout = contract.layout
    [names] = csv.reader([header], delimiter=layout.delimiter, quotechar=layout.quote)
    return replace(contract, columns=tuple(c for c in contract.columns if c.name in names))


def as_landed(contract: Contract) -> Contract:
    """Return the contract of values that have been cast once: in UTC, and no counts of seconds."""
    columns = tuple(replace(c, epoch=None, time_zone=None) for c in contract.columns)
    return replace(contract, time_zone="UTC", columns=columns)


def of_values(contract: Contract, kept: pl.DataFrame) -> Reading:
    """Return rows that were kept as JSON as a reading of typed columns.

    A row of which some value cannot be had without loss is left out, and stays where it is.
    """
    typed = ", ".join(
        f"try_cast({keys.field(c.name)} AS {'bigint' if c.epoch else c.physical_type}) "
        f"AS {quoted_column(c.name)}"
        for c in contract.columns
    )
    whole = [
        f"({keys.field(c.name)} IS NULL) = ({quoted_column(c.name)} IS NULL)"
        for c in contract.columns
    ]
    whole += [  # with its offset a time is UTC already, and no local time any more
        f"coalesce(NOT regexp_matches({keys.field(c.name)}, ':[0-9.]+[+-][0-9:]+$'), true)"
        for c in contract.columns
        if (c.time_zone or contract.time_zone) != "UTC"
    ]
    is_whole = " AND ".join(whole)

    def again(connection: Connection, rows: pl.DataFrame) -> str:
        connection.register("_values", rows)
        return (
            f"(SELECT * EXCLUDE (raw_text) FROM (SELECT row_number AS _position, true AS _is_row, "
            f"raw_text, {typed} FROM _values WHERE json_valid(raw_text)) WHERE {is_whole})"
        )

    numbered = kept.select(pl.int_range(1, pl.len() + 1).alias("row_number"), "raw_text")
    return Reading(
        tally=lambda: Tally(records=kept.height),
        rows=lambda connection: again(connection, numbered.cast(TEXTS)),
        texts=lambda _, rows: rows.join(numbered, on="row_number", how="left"),
        again=again,
        is_text=False,
    )


def cast_again(
    connection: Connection, contract: Contract, batch: Batch, reading: Reading, kept: pl.DataFrame
) -> None:
    """Move what is good by now to the raw table, and say of the others what is wrong by now."""
    if kept.height == 0:
        return
    if "position" not in kept.columns:
        kept = kept.with_row_index("position", offset=1)
    kept = kept.with_columns(pl.col("position").cast(pl.Int64))
    cast = cast_rows(contract, reading, delivered_on=str(batch.arrival.delivered_on))
    connection.register("_kept", kept)
    connection.execute(
        f"INSERT INTO {quoted(contract.table)} ({raw_columns(contract)}) "
        f"SELECT good.* EXCLUDE (_row_number), {literal(batch.arrival.batch_id)}, "
        f"_kept.row_number, {literal(batch.arrival.delivered_on)}::date "
        f"FROM ({cast.good_rows(reading.rows(connection))}) AS good "
        "JOIN _kept ON good._row_number = _kept.position"
    )
    landed = read_query(
        connection,
        "DELETE FROM ops.quarantined_rows "
        f"WHERE {_mine(contract, batch)} AND row_number IN (SELECT row_number FROM _kept) "
        f"AND row_number IN (SELECT _row_number FROM {quoted(contract.table)} "
        f"WHERE _batch_id = {literal(batch.arrival.batch_id)}) RETURNING row_number",
    )
    left = kept.join(landed, on="row_number", how="anti")
    texts = left.select(pl.col("position").alias("row_number"), "raw_text").cast(TEXTS)
    broken = reading.tally().broken
    judged = texts.join(broken, on="row_number", how="anti")
    found = [broken.cast(BROKEN)]
    if judged.height:
        query = cast.bad_rows(reading.again(connection, judged))
        found.append(read_query(connection, query).cast(BROKEN))
    said = left.join(pl.concat(found), left_on="position", right_on="row_number")
    connection.register("_said", said.select("row_number", "reasons"))
    connection.execute(
        "UPDATE ops.quarantined_rows AS kept SET reasons = said.reasons FROM _said AS said "
        f"WHERE {_mine(contract, batch)} AND kept.row_number = said.row_number"
    )
    connection.unregister("_said")
    connection.unregister("_kept")


def _mine(contract: Contract, batch: Batch) -> str:
    return (
        f"source = {literal(contract.source)} AND entity = {literal(contract.entity)} "
        f"AND batch_id = {literal(batch.arrival.batch_id)}"
    )


def set_duplicates_aside(
    connection: Connection, contract: Contract, batch_id: str, kept: pl.DataFrame
) -> None:
    """Set keys aside that the batch has twice by now: as they were kept, or as their values."""
    if not contract.key:
        return
    table, this = quoted(contract.table), f"_batch_id = {literal(batch_id)}"
    key = ", ".join(quoted_column(name) for name in contract.key)
    values = read_query(
        connection,
        f"SELECT _row_number AS row_number, {keys.pack(contract)}::varchar AS raw_text "
        f"FROM {table} WHERE {this} AND ({key}) IN "
        f"(SELECT ({key}) FROM {table} WHERE {this} GROUP BY {key} HAVING count(*) > 1)",
    )
    if values.height == 0:
        return
    texts = pl.concat([kept, values.join(kept, on="row_number", how="anti")]).cast(TEXTS)
    reading = replace(
        of_values(contract, values),
        texts=lambda _, rows: rows.select("row_number").join(texts, on="row_number"),
    )
    take_out_duplicates(connection, contract, reading, batch_id)
    new = values.join(kept, on="row_number", how="anti").select("row_number")
    connection.register("_new", new)
    connection.execute(
        f"UPDATE ops.quarantined_rows SET held = '{VALUES}' WHERE source = ? AND entity = ? "
        "AND batch_id = ? AND row_number IN (SELECT row_number FROM _new)",
        [contract.source, contract.entity, batch_id],
    )
    connection.unregister("_new")

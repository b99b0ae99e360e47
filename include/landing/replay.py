"""Replay: cast quarantined rows again, from the text that was kept, by the contract as it is now.

Rows that keep to it move to the raw table, the others' reasons are brought up to date. What only
another file can mend stays: a line that was cut off, bytes that are no text. A file that was
refused as a whole needs no replay: the next landing tries it again.
"""

import logging
from datetime import date
from pathlib import Path

import polars as pl

from include.landing import audit, keys, ledger, profiles
from include.landing.batch import Counts
from include.landing.contract import Contract, find_contract
from include.landing.delivery import Arrival
from include.landing.errors import LandingError
from include.landing.land import scratch_folder
from include.landing.recast import (
    Batch,
    as_delivered,
    as_landed,
    cast_again,
    kept,
    of_texts,
    of_values,
    set_duplicates_aside,
)
from include.landing.rejudge import rejudge_if_changed
from include.landing.sole import WAIT_SECONDS, sole_connection
from include.landing.tables import extend_table
from include.settings import Settings
from include.warehouse import Connection, make_private_folder

logger = logging.getLogger(__name__)


def run(source_entity: str, as_of: str, batch_id: str | None = None) -> dict[str, int]:
    """Replay ``<source>.<entity>`` as the scheduler sees it: a date as text."""
    settings = Settings.from_env()
    return replay(
        find_contract(source_entity, settings.contracts),
        as_of=date.fromisoformat(as_of),
        raw=settings.raw,
        batch_id=batch_id,
    )


def replay(
    contract: Contract,
    *,
    raw: Path,
    as_of: date | None = None,
    batch_id: str | None = None,
    wait_seconds: float = WAIT_SECONDS,
) -> dict[str, int]:
    """Cast the quarantined rows delivered up to ``as_of`` again; one transaction a batch.

    Without ``as_of`` it stands where the last landing stood. Returns how many ``batches`` had
    quarantined rows, how many rows ``landed`` now, and how many are ``quarantined`` still.
    """
    holder = f"the replay of {contract.name}"
    totals = dict.fromkeys(("batches", "landed", "quarantined"), 0)
    with (
        sole_connection(raw, folders=(), holder=holder, wait_seconds=wait_seconds) as connection,
        scratch_folder(raw.parent / "tmp") as scratch,
    ):
        ledger.create_tables(connection, contract)
        extend_table(connection, contract)
        as_of = as_of or ledger.last_run(connection, contract)
        rejudge_if_changed(connection, contract, as_of=as_of)
        for batch in _batches(connection, contract, as_of=as_of):
            if batch_id in {None, batch.arrival.batch_id}:
                moved, left = _replay_batch(
                    connection, contract, batch, as_of=as_of, scratch=scratch
                )
                logger.info("%s: %d rows landed, %d left", batch.arrival.path, moved, left)
                totals["batches"] += 1
                totals["landed"] += moved
                totals["quarantined"] += left
    return totals


def _batches(connection: Connection, contract: Contract, *, as_of: date) -> list[Batch]:
    """Return the landed batches that have rows in the quarantine, oldest first."""
    rows = connection.execute(
        "SELECT path, delivered_on, sha256, bytes, header, rows_delivered FROM ops.batches "
        "WHERE source = ? AND entity = ? AND status = 'landed' AND rows_quarantined > 0 "
        "AND delivered_on <= ? ORDER BY delivered_on, path",
        [contract.source, contract.entity, as_of],
    ).fetchall()
    return [
        Batch(
            arrival=Arrival(
                file=Path(path), path=path, delivered_on=day, sha256=sha, size=size, modified=0
            ),
            header=header,
            delivered=delivered,
        )
        for path, day, sha, size, header, delivered in rows
    ]


def _replay_batch(
    connection: Connection, contract: Contract, batch: Batch, *, as_of: date, scratch: Path
) -> tuple[int, int]:
    """Replay one batch, whole or not at all; return the rows that landed and those left."""
    batch_id = batch.arrival.batch_id
    before = ledger.counts_of(connection, contract, batch_id)
    connection.execute("BEGIN")
    try:
        keys.note_departing(connection, contract, batch_id)
        keys.recall(connection, contract, batch_id)
        texts, values = kept(connection, contract, batch_id)
        landed = as_landed(contract)
        cast_again(connection, landed, batch, of_values(landed, values), values)
        if contract.layout.format == "parquet":
            cast_again(connection, contract, batch, of_values(contract, texts), texts)
        elif texts.height and (batch.header or contract.layout.format == "jsonl"):
            make_private_folder(scratch)
            then = as_delivered(contract, batch.header)
            reading, numbered = of_texts(connection, then, batch, texts, scratch=scratch)
            cast_again(connection, then, batch, reading, numbered)
        set_duplicates_aside(connection, contract, batch_id, pl.concat([texts, values]))
        ledger.recount(connection, contract, batch_id)
        keys.note_arriving(connection, contract, batch_id)
        profiles.record_profile(connection, contract, batch.arrival, delivered=batch.delivered)
        keys.settle(connection, contract)
        after = ledger.counts_of(connection, contract, batch_id)
        _require_conserved(batch, after)
        moved = after.landed - before.landed
        if moved:
            why = f"a replay moved {moved} rows"
            audit.mark_rebuild(connection, contract, batch.arrival, why=why, as_of=as_of)
        connection.execute("COMMIT")
    except BaseException as error:
        connection.execute("ROLLBACK")
        error.add_note(f"while replaying {batch.arrival.path}; nothing of it has moved")
        raise
    return moved, after.quarantined


def _require_conserved(batch: Batch, after: Counts) -> None:
    """Raise where a row would be in neither table, or in both."""
    if after.landed + after.quarantined != after.delivered:
        raise LandingError(
            f"{batch.arrival.path}: the replay would leave {after.landed} rows landed and "
            f"{after.quarantined} quarantined of {after.delivered}, so nothing was moved; this is "
            "a fault of landing, not of the file"
        )

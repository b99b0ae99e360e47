"""One file: land it, replace what it replaces, settle its keys: one transaction, or nothing.

Which files there are, and what holds of all of them together, belongs in
:mod:`include.landing.land`; how rows are read and judged, in :mod:`include.landing.batch`.
"""

import logging
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from include.landing import audit, keys, ledger, profiles
from include.landing.batch import Counts, load_batch
from include.landing.contract import Contract
from include.landing.delivery import Arrival, Delivery, identify
from include.landing.errors import ExtractRefusedError
from include.warehouse import Connection

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of landing: its day, a folder for unpacked files, and what had landed before it.

    From what had landed before, days may have been built already.
    """

    as_of: date
    scratch: Path
    before: Collection[ledger.Landed] = ()


def land_file(
    connection: Connection,
    contract: Contract,
    delivery: Delivery,
    *,
    run: Run,
) -> Counts | None:
    """Land one file in one transaction; None where its bytes are in the raw table already.

    A refusal is written to the ledger in a transaction of its own and raised again.
    """
    arrival = identify(delivery, contract.layout)
    as_of, scratch = run.as_of, run.scratch / delivery.file.name
    known = ledger.landed_batches(connection, contract)
    leaving = _leaving(contract, arrival, known)
    twin = _twin(contract, arrival, known)
    scratch.mkdir(exist_ok=True)
    connection.execute("BEGIN")
    try:
        for batch_id, reason in leaving.items():
            logger.warning("%s: %s; replaces %s", arrival.path, reason, batch_id)
            keys.note_departing(connection, contract, batch_id)
            ledger.retire(connection, contract, batch_id, reason=reason)
            keys.settle(connection, contract)
        if twin:
            counts = None
            _note_twin(connection, contract, arrival, twin, as_of=as_of)
        else:
            counts = _land_new(connection, contract, arrival, as_of=as_of, scratch=scratch)
        if why := _why_rebuild(arrival, leaving, run.before, is_new=counts is not None):
            logger.warning("%s: %s; see ops.rebuilds", arrival.path, why)
            audit.mark_rebuild(connection, contract, arrival, why=why, as_of=as_of)
        connection.execute("COMMIT")
    except BaseException as error:
        connection.execute("ROLLBACK")
        if refusal := _refusal(error, delivery):
            _write_refusal(connection, contract, arrival, str(refusal), as_of=as_of)
            if refusal is not error:
                raise refusal from error
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if counts:
        _say(connection, contract, arrival, counts)
    return counts


def _refusal(error: BaseException, delivery: Delivery) -> ExtractRefusedError | None:
    """Return the refusal that ``error`` is, or means where the file is there no more."""
    if isinstance(error, ExtractRefusedError):
        return error
    if isinstance(error, Exception) and not delivery.file.exists():
        return ExtractRefusedError("it went away while it was being read")
    return None


def _say(connection: Connection, contract: Contract, arrival: Arrival, counts: Counts) -> None:
    """Tell the log what became of the rows, why some are set aside, and what to do next."""
    logger.info("%s: %s", arrival.path, counts)
    faults = ledger.faults_of(connection, contract, arrival.batch_id)
    if elsewhere := counts.quarantined - faults:
        logger.info(
            "%s: %d of %d rows left to another delivery that has their key; nothing to do",
            *(arrival.path, elsewhere, counts.delivered),
        )
    if faults:
        reasons = ledger.reasons_of(connection, contract, arrival.batch_id)
        logger.warning(
            "%s: %d of %d rows set aside for a fault. %s. Each row: python -m include.landing "
            "status --path %s. Put a corrected file in its place, or correct %s and replay; "
            "the rows wait.",
            *(arrival.path, faults, counts.delivered),
            "; ".join(f"{reason} ({rows})" for reason, rows in reasons),
            *(arrival.path, contract.file.name),
        )


def _land_new(
    connection: Connection, contract: Contract, arrival: Arrival, *, as_of: date, scratch: Path
) -> Counts:
    """Land a file nobody has seen, and settle its keys with those of other deliveries."""
    loaded = load_batch(connection, contract, arrival, scratch=scratch)
    profiles.record_profile(connection, contract, arrival, delivered=loaded.delivered)
    findings = profiles.compare(connection, contract, arrival)
    profiles.refuse_if_stopped(contract, findings)
    note = "; ".join(finding.text for finding in findings) or None
    if note:
        logger.warning("%s: differs from the deliveries before it: %s", arrival.path, note)
    ledger.record_landed(connection, contract, arrival, loaded, as_of=as_of)
    ledger.mark_mended(connection, contract, arrival)
    keys.note_arriving(connection, contract, arrival.batch_id)
    keys.settle(connection, contract)
    verdict = audit.Verdict("landed", arrival.batch_id, note)
    audit.record(connection, contract, arrival, verdict, as_of=as_of)
    return ledger.counts_of(connection, contract, arrival.batch_id)


def _write_refusal(
    connection: Connection, contract: Contract, arrival: Arrival, why: str, *, as_of: date
) -> None:
    """Write that a file was refused, to the ledger and to the audit, or to neither."""
    connection.execute("BEGIN")
    ledger.record_refused(connection, contract, arrival, why, as_of=as_of)
    verdict = audit.Verdict("refused", None, why)
    audit.record(connection, contract, arrival, verdict, as_of=as_of)
    connection.execute("COMMIT")


def _leaving(contract: Contract, arrival: Arrival, known: list[ledger.Landed]) -> dict[str, str]:
    """Return the batches whose place the arrival takes, and why.

    The same bytes count from their oldest delivery, whichever arrived first.
    """
    leaving: dict[str, str] = {}
    for batch in known:
        if batch.path == arrival.path and batch.sha256 != arrival.sha256:
            leaving[batch.batch_id] = f"the file came again with other bytes: {arrival.batch_id}"
        elif _is_twin(contract, arrival, batch) and _rank(batch) > _rank(arrival):
            leaving[batch.batch_id] = f"the same bytes belong to an older delivery: {arrival.path}"
    return leaving


def _twin(contract: Contract, arrival: Arrival, known: list[ledger.Landed]) -> ledger.Landed | None:
    """Return the batch of the same bytes that was delivered no later."""
    twins = [batch for batch in known if _is_twin(contract, arrival, batch)]
    return next((batch for batch in twins if _rank(batch) <= _rank(arrival)), None)


def _is_twin(contract: Contract, arrival: Arrival, batch: ledger.Landed) -> bool:
    """Say whether a batch holds the same bytes.

    A snapshot is a statement about its day, so the same bytes on another day are another batch.
    """
    is_same_day = contract.mode != "snapshot" or batch.delivered_on == arrival.delivered_on
    return batch.sha256 == arrival.sha256 and is_same_day


def _rank(file: Arrival | ledger.Landed) -> tuple[date, str]:
    return file.delivered_on, file.path


def _note_twin(
    connection: Connection,
    contract: Contract,
    arrival: Arrival,
    twin: ledger.Landed,
    *,
    as_of: date,
) -> None:
    """Write that a file brought nothing new."""
    verdict = audit.Verdict("landed", twin.batch_id)
    if twin.path != arrival.path:
        logger.info("%s: same bytes as %s; nothing to do", arrival.path, twin.path)
        note = f"same bytes as {twin.path}; nothing to do"
        verdict = audit.Verdict("repeated", twin.batch_id, note)
    audit.record(connection, contract, arrival, verdict, as_of=as_of)


def _why_rebuild(
    arrival: Arrival,
    leaving: Collection[str],
    before: Collection[ledger.Landed],
    *,
    is_new: bool,
) -> str | None:
    """Say why a day that may have been built is not what it was; None where nothing changed."""
    if any(batch.batch_id in leaving for batch in before):
        return "a delivery that had landed was replaced"
    newest = max((batch.delivered_on for batch in before), default=arrival.delivered_on)
    if is_new and arrival.delivered_on < newest:
        return f"it came late: deliveries up to {newest} had landed before"
    return None

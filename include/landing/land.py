"""Land: every file of one extract that was delivered by a date and is not in its raw table yet.

Same bytes again: nothing to do. Same path with other bytes: replaces its own batch. A file that is
refused leaves a row in the ledger and stops the run, after every good file has landed.
"""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from include.landing import ledger
from include.landing.batch import Counts, load_batch
from include.landing.contract import Contract, find_contract
from include.landing.delivery import Arrival, Delivery, find_deliveries, identify
from include.landing.errors import ContractError, ExtractMissingError, ExtractRefusedError
from include.settings import Settings
from include.warehouse import Connection, connect, make_private_folder

logger = logging.getLogger(__name__)


def run(source_entity: str, as_of: str) -> dict[str, int]:
    """Land ``<source>.<entity>`` as the scheduler sees it: paths from settings, a date as text."""
    settings = Settings.from_env()
    return land(
        find_contract(source_entity, settings.contracts),
        as_of=date.fromisoformat(as_of),
        landing=settings.landing,
        raw=settings.raw,
    )


def land(contract: Contract, *, as_of: date, landing: Path, raw: Path) -> dict[str, int]:
    """Land what was delivered up to ``as_of`` and has not landed, and return what became of it.

    ``files`` landed now, with their rows ``delivered``, ``landed`` and ``quarantined``; ``skipped``
    files were landed before. Raises :class:`ExtractRefusedError` for files that cannot be trusted
    and :class:`ExtractMissingError` where a required source has nothing recent.
    """
    folder = landing / contract.source / contract.entity
    deliveries, refusals = find_deliveries(contract, landing=landing, as_of=as_of)
    totals = dict.fromkeys(("files", "delivered", "landed", "quarantined", "skipped"), 0)
    accepted: list[date] = []
    with (
        connect(raw, folders=(folder,)) as connection,
        _scratch(raw.parent / "tmp") as scratch,
    ):
        _prepare(connection, contract)
        for delivery in deliveries:
            try:
                counts = land_file(
                    connection,
                    contract,
                    delivery,
                    as_of=as_of,
                    scratch=scratch / delivery.file.name,
                )
            except ExtractRefusedError as refusal:
                refusals.append((delivery.path, str(refusal)))
                continue
            accepted.append(delivery.delivered_on)
            _add(totals, counts)
            if counts:
                logger.info("%s: %s", delivery.path, counts)
    if refusals:
        raise ExtractRefusedError(_refused(contract, refusals))
    _check_freshness(contract, accepted, as_of=as_of, folder=folder)
    return totals


@contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    """Give a private folder for unpacked files, and clear those a killed run has left.

    Whoever holds the warehouse's one connection is alone here, so what is left is nobody's.
    """
    make_private_folder(parent)
    for left in parent.glob("landing-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="landing-", dir=parent) as folder:
        yield Path(folder)


def _prepare(connection: Connection, contract: Contract) -> None:
    """Create the tables, and refuse a contract that no longer fits the raw table there is."""
    ledger.create_tables(connection, contract)
    wanted = [(c.name, c.physical_type.replace(" ", "")) for c in contract.columns]
    if ledger.table_shape(connection, contract) != wanted:
        problem = (
            f"{contract.table} was made by another version of this contract and has other columns. "
            f"Drop the table and its rows in ops.batches; the next run lands every file again"
        )
        raise ContractError(contract.file, None, problem)


def land_file(
    connection: Connection, contract: Contract, delivery: Delivery, *, as_of: date, scratch: Path
) -> Counts | None:
    """Land one file in one transaction; None where its bytes are in the raw table already.

    A refusal is written to the ledger in a transaction of its own and raised again.
    """
    arrival = identify(delivery)
    known = ledger.landed_batches(connection, contract)
    replaced = [b for b in known if b.path == arrival.path and b.sha256 != arrival.sha256]
    twin = _twin(contract, arrival, known)
    if twin and not replaced:
        if twin != arrival.path:
            logger.info("%s: same bytes as %s; nothing to do", arrival.path, twin)
        return None
    scratch.mkdir(exist_ok=True)
    counts = None
    connection.execute("BEGIN")
    try:
        for old in replaced:
            logger.warning("%s: other bytes than before; replaces %s", arrival.path, old.batch_id)
            ledger.retire(connection, contract, old.batch_id, by=arrival.batch_id)
        if not twin:
            counts = load_batch(connection, contract, arrival, scratch=scratch)
            ledger.record_landed(connection, contract, arrival, counts, as_of=as_of)
        connection.execute("COMMIT")
    except BaseException as error:
        connection.execute("ROLLBACK")
        if isinstance(error, ExtractRefusedError):
            ledger.record_refused(connection, contract, arrival, str(error), as_of=as_of)
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return counts


def _twin(contract: Contract, arrival: Arrival, known: list[ledger.Landed]) -> str | None:
    """Return the path under which the same bytes have landed.

    A snapshot is a statement about its day, so the same bytes on another day are another batch.
    """
    for batch in known:
        is_same_day = contract.mode != "snapshot" or batch.delivered_on == arrival.delivered_on
        if batch.sha256 == arrival.sha256 and is_same_day:
            return batch.path
    return None


def _add(totals: dict[str, int], counts: Counts | None) -> None:
    """Add one file's counts to the totals."""
    if counts is None:
        totals["skipped"] += 1
        return
    totals["files"] += 1
    totals["delivered"] += counts.delivered
    totals["landed"] += counts.landed
    totals["quarantined"] += counts.quarantined


def _refused(contract: Contract, refusals: list[tuple[str, str]]) -> str:
    """Say which files were refused, why, and what to do."""
    lines = "\n".join(f"  {path}: {why}" for path, why in refusals)
    return (
        f"{contract.name}: {len(refusals)} delivered file(s) refused; the good ones have landed, "
        f"nothing of these has.\n{lines}\nAsk the source for a corrected file and put it in the "
        f"same place (or take the file away, or correct {contract.file.name}); then clear this "
        f"task. To see what a file would do: "
        f"python -m include.landing check {contract.file.name} FILE"
    )


def _check_freshness(
    contract: Contract, accepted: list[date], *, as_of: date, folder: Path
) -> None:
    """Stop a required source that has nothing recent; say so of an optional one, and go on."""
    newest = max(accepted, default=None)
    oldest_allowed = as_of - timedelta(days=contract.max_age_days or 0)
    if newest and (contract.max_age_days is None or newest >= oldest_allowed):
        return
    what = (
        f"the newest delivery is of {newest}, more than {contract.max_age_days} days before"
        if newest
        else "nothing was delivered for"
    )
    message = (
        f"{contract.name}: {what} the run of {as_of}. Looked in {folder}/<date>/ for "
        f"{contract.layout.pattern}, dates up to {as_of}."
    )
    if contract.is_required:
        raise ExtractMissingError(
            f"{message} Ask the source to deliver, put the file there, then clear this task; or "
            f"set requiredSource to false in {contract.file.name}."
        )
    logger.warning("%s The source is optional: the run goes on without it.", message)

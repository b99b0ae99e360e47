"""Land: every file of one extract that was delivered by a date and is not in its raw table yet.

Same bytes again: nothing to do, and a line in the audit. Same path with other bytes: replaces its
own batch. A file older than what has landed lands on its own day, and what was built from that day
on is marked. A file that is refused leaves a row in the ledger and stops the run, after every good
file has landed. Whatever the order of arrival, the raw table ends up the same.
"""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from include.landing import audit, freshness, ledger
from include.landing.batch import Counts
from include.landing.contract import Contract, find_contract
from include.landing.errors import ExtractMissingError, ExtractRefusedError, UnreadableError
from include.landing.finding import find_deliveries
from include.landing.one_file import Run, land_file
from include.landing.rejudge import rejudge_if_changed
from include.landing.sole import WAIT_SECONDS, sole_connection
from include.landing.tables import extend_table
from include.settings import Settings
from include.warehouse import make_private_folder

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


def land(
    contract: Contract,
    *,
    as_of: date,
    landing: Path,
    raw: Path,
    wait_seconds: float = WAIT_SECONDS,
) -> dict[str, int]:
    """Land what was delivered up to ``as_of`` and has not landed, and return what became of it.

    ``files`` landed now, with their rows ``delivered``, ``landed`` and ``quarantined``; ``skipped``
    files were landed before. Raises :class:`ExtractRefusedError` for files that cannot be trusted
    and :class:`ExtractMissingError` where a source has nothing, or nothing recent, and its
    contract stops there; and
    :class:`LandingBusyError` where another landing has not ended within ``wait_seconds``.
    """
    folder = landing / contract.source / contract.entity
    totals = dict.fromkeys(("files", "delivered", "landed", "quarantined", "skipped"), 0)
    accepted: list[date] = []
    with (
        sole_connection(
            raw,
            folders=(folder,),
            holder=f"the landing of {contract.name} as of {as_of}",
            wait_seconds=wait_seconds,
        ) as connection,
        scratch_folder(raw.parent / "tmp") as scratch,
    ):
        ledger.create_tables(connection, contract)
        extend_table(connection, contract)
        rejudge_if_changed(connection, contract, as_of=as_of)
        deliveries, strays = find_deliveries(contract, landing=landing, as_of=as_of)
        audit.record_strays(connection, contract, strays, as_of=as_of)
        refusals = list(strays)
        before = ledger.landed_batches(connection, contract)
        this_run = Run(as_of=as_of, scratch=scratch, before=before)
        for delivery in deliveries:
            try:
                counts = land_file(connection, contract, delivery, run=this_run)
            except ExtractRefusedError as refusal:
                refusals.append((delivery.path, str(refusal)))
                if isinstance(refusal, UnreadableError):
                    strays.append((delivery.path, str(refusal)))
                    audit.record_strays(connection, contract, strays, as_of=as_of)
                continue
            accepted.append(delivery.delivered_on)
            _add(totals, counts)
        found = freshness.judge(contract, max(accepted, default=None), as_of=as_of)
        freshness.record(connection, contract, found, as_of=as_of)
    if refusals:
        raise ExtractRefusedError(_refused(contract, refusals))
    _require_fresh(contract, found, as_of=as_of, folder=folder)
    return totals


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Give a private folder for unpacked files, and clear those a killed run has left.

    Whoever holds the warehouse's one connection is alone here, so what is left is nobody's.
    """
    make_private_folder(parent)
    for left in parent.glob("landing-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="landing-", dir=parent) as folder:
        yield Path(folder)


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
        f"python -m include.landing check {contract.file.name} FILE; what became of every file: "
        "python -m include.landing status"
    )


def _require_fresh(
    contract: Contract, found: freshness.Freshness, *, as_of: date, folder: Path
) -> None:
    """Stop where the contract says so; warn where it says that, and go on."""
    if found.verdict == "fresh":
        return
    message = freshness.message(contract, found, as_of=as_of, folder=folder)
    if found.verdict == "stopped":
        raise ExtractMissingError(message)
    logger.warning(message)

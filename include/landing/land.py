"""Land: every file of one extract that was delivered by a date and is not in its raw table yet.

Same bytes again: nothing to do, and a line in the audit. Same path with other bytes: replaces its
own batch. A file older than what has landed lands on its own day, and what was built from that day
on is marked. A file that is refused leaves a row in the ledger and stops the run, after every good
file has landed. Whatever the order of arrival, the raw table ends up the same.
"""

import logging
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from include.landing import audit, freshness, ledger
from include.landing.batch import Counts
from include.landing.contract import Contract, find_contract
from include.landing.delivery import Delivery
from include.landing.errors import ExtractMissingError, ExtractRefusedError, UnreadableError
from include.landing.finding import find_deliveries
from include.landing.one_file import Run, land_file
from include.landing.rejudge import rejudge_if_changed
from include.landing.sole import WAIT_SECONDS, sole_connection
from include.landing.tables import extend_table
from include.settings import Settings
from include.warehouse import Error, is_lack_of_memory, make_private_folder

logger = logging.getLogger(__name__)

THREAD_BYTES, BLOCK_BYTES = 48 << 20, 256 << 10


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
    files were landed before. However long a file is, it streams through as much memory as its
    columns need; what cannot, may have all that the settings allow. Raises
    :class:`ExtractRefusedError` for files that cannot be trusted, :class:`ExtractMissingError`
    where a source has nothing, or nothing recent, and its contract stops there, and
    :class:`LandingBusyError` where another landing has not ended within ``wait_seconds``.
    """
    task = _Task(contract, as_of, landing, raw, wait_seconds)
    try:
        found = _land_all(task, memory_at_most=_streaming_memory(contract))
    except Error as error:
        if not is_lack_of_memory(error):
            raise
        logger.warning(
            "%s: its rows or keys need more memory than a stream of rows; what has not landed is "
            "tried again with all that TESSERA_MEMORY_LIMIT allows",
            contract.name,
        )
        found = _land_all(task, memory_at_most=None)
    if task.refusals:
        raise ExtractRefusedError(_refused(contract, task.refusals))
    _require_fresh(contract, found, as_of=as_of, folder=task.folder)
    return _totals(task.done.values())


@dataclass
class _Task:
    """What one run has to land, and what has become of it so far."""

    contract: Contract
    as_of: date
    landing: Path
    raw: Path
    wait_seconds: float
    before: list[ledger.Landed] | None = None
    done: dict[Delivery, Counts | None] = field(default_factory=dict)
    refusals: list[tuple[str, str]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Where the extract's deliveries lie."""
        return self.landing / self.contract.source / self.contract.entity


def _streaming_memory(contract: Contract) -> int:
    """Return the bytes of DuckDB's that rows need on their way into the raw table.

    Each thread holds a block a column and some for the blocks it writes and reads back. With more,
    DuckDB would only keep what it has written, up to its limit: memory that grows with the file.
    """
    columns = BLOCK_BYTES * len(contract.columns)
    return Settings.from_env().threads * (THREAD_BYTES + columns)


def _land_all(task: _Task, *, memory_at_most: int | None) -> freshness.Freshness:
    """Land every delivery that is not done, and return how fresh the source is then."""
    contract, as_of = task.contract, task.as_of
    with (
        sole_connection(
            task.raw,
            folders=(task.folder,),
            holder=f"the landing of {contract.name} as of {as_of}",
            wait_seconds=task.wait_seconds,
            memory_at_most=memory_at_most,
        ) as connection,
        scratch_folder(task.raw.parent / "tmp") as scratch,
    ):
        ledger.create_tables(connection, contract)
        extend_table(connection, contract)
        rejudge_if_changed(connection, contract, as_of=as_of)
        deliveries, strays = find_deliveries(contract, landing=task.landing, as_of=as_of)
        audit.record_strays(connection, contract, strays, as_of=as_of)
        task.refusals = list(strays)
        if task.before is None:
            task.before = ledger.landed_batches(connection, contract)
        this_run = Run(as_of=as_of, scratch=scratch, before=task.before)
        for delivery in deliveries:
            if delivery in task.done:
                continue
            try:
                task.done[delivery] = land_file(connection, contract, delivery, run=this_run)
            except ExtractRefusedError as refusal:
                task.refusals.append((delivery.path, str(refusal)))
                if isinstance(refusal, UnreadableError):
                    strays.append((delivery.path, str(refusal)))
                    audit.record_strays(connection, contract, strays, as_of=as_of)
        accepted = max((delivery.delivered_on for delivery in task.done), default=None)
        found = freshness.judge(contract, accepted, as_of=as_of)
        freshness.record(connection, contract, found, as_of=as_of)
    return found


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


def _totals(done: Collection[Counts | None]) -> dict[str, int]:
    """Return what became of all files together."""
    landed = [counts for counts in done if counts]
    return {
        "files": len(landed),
        "delivered": sum(counts.delivered for counts in landed),
        "landed": sum(counts.landed for counts in landed),
        "quarantined": sum(counts.quarantined for counts in landed),
        "skipped": sum(counts is None for counts in done),
    }


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

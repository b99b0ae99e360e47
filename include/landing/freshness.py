"""Freshness: whether the newest delivery is as recent as its contract promises.

Measured against the day of the run, and written to ``ops.freshness``, a line an extract and day,
whatever the answer. How far a file differs from those before it is
:mod:`include.landing.profiles`'s to say.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from include.landing.contract import Contract
from include.warehouse import Connection

FRESHNESS = "ops.freshness"
CREATE = """CREATE TABLE IF NOT EXISTS ops.freshness (
    source varchar NOT NULL,
    entity varchar NOT NULL,
    as_of date NOT NULL,
    newest_on date,
    days_old bigint,
    verdict varchar NOT NULL CHECK (verdict IN ('fresh', 'warned', 'stopped')),
    note varchar
)"""


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """What a run found: the newest delivery, its age, and what follows.

    ``verdict`` is ``fresh``, ``warned`` or ``stopped``; ``note`` says why, and None where fresh.
    """

    newest_on: date | None
    days_old: int | None
    verdict: str
    note: str | None


def judge(contract: Contract, newest_on: date | None, *, as_of: date) -> Freshness:
    """Return how fresh a source is on ``as_of``, whose newest good delivery is ``newest_on``."""
    if newest_on is None:
        verdict = "stopped" if contract.is_required else "warned"
        note = "nothing was delivered for"
        return Freshness(newest_on=None, days_old=None, verdict=verdict, note=note)
    days_old = (as_of - newest_on).days
    limits = (("stopped", contract.staleness.stop), ("warned", contract.staleness.warn))
    for verdict, days in limits:
        if days is not None and days_old > days:
            note = f"the newest delivery is of {newest_on}, more than {days} days before"
            return Freshness(newest_on=newest_on, days_old=days_old, verdict=verdict, note=note)
    return Freshness(newest_on=newest_on, days_old=days_old, verdict="fresh", note=None)


def record(connection: Connection, contract: Contract, found: Freshness, *, as_of: date) -> None:
    """Write the day's line, in place of what an earlier run of the day has written."""
    extract = [contract.source, contract.entity, as_of]
    connection.execute("BEGIN")
    connection.execute(
        "DELETE FROM ops.freshness WHERE source = ? AND entity = ? AND as_of = ?", extract
    )
    connection.execute(
        "INSERT INTO ops.freshness VALUES (?, ?, ?, ?, ?, ?, ?)",
        [*extract, found.newest_on, found.days_old, found.verdict, found.note],
    )
    connection.execute("COMMIT")


def message(contract: Contract, found: Freshness, *, as_of: date, folder: Path) -> str:
    """Say what is late, where landing has looked, and what to do."""
    is_absent = found.newest_on is None
    if found.verdict == "stopped":
        term = "requiredSource" if is_absent else "staleAfterDays or latency"
        what_next = (
            "Ask the source to deliver, put the file there, then clear this task; or correct "
            f"{term} in {contract.file.name}."
        )
    elif is_absent:
        what_next = "The source is optional: the run goes on without it."
    else:
        what_next = "The run goes on with what has landed. Ask the source to deliver."
    return (
        f"{contract.name}: {found.note} the run of {as_of}. Looked in "
        f"{folder}/<date>/ for {contract.layout.pattern}, dates up to {as_of}. {what_next}"
    )


def terms(contract: Contract) -> str:
    """Say from which age on the newest delivery of a contract is warned about, or stops the run."""
    steps = (("warned about", contract.staleness.warn), ("a stop", contract.staleness.stop))
    said = [f"{what} when it is over {days} days old" for what, days in steps if days is not None]
    if not said:
        return "The newest delivery may be of any age: the contract says nothing of staleness."
    return f"The newest delivery is {' and '.join(said)}."

"""Export: write the day's audiences into the outbox, all or none, and note what left."""

import logging
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from include.activation.channels import AUDIENCES, Audience
from include.activation.files import put_in_place, write_audience
from include.activation.members import Members, read_members
from include.settings import Settings
from include.warehouse import connect, make_private_folder, replace_day

logger = logging.getLogger(__name__)

READS = ("activation.act_*", "marts.dim_customers", "raw_crm.customers")
WRITES = ("ops.exports", "ops.exported_customers")

EXPORTS = pl.Schema(
    {
        "as_of": pl.Date,
        "channel": pl.String,
        "audience": pl.String,
        "path": pl.String,
        "rows": pl.Int64,
        "added": pl.Int64,
        "removed": pl.Int64,
        "withheld": pl.Int64,
        "sha256": pl.String,
    }
)
DEPARTED = pl.Schema(
    {"as_of": pl.Date, "channel": pl.String, "audience": pl.String, "customer_id": pl.String}
)


def run(as_of: str) -> dict[str, int]:
    """Export the day as the scheduler sees it: paths from settings, a date as text."""
    settings = Settings.from_env()
    return export(
        as_of=date.fromisoformat(as_of),
        marts=settings.marts,
        raw=settings.raw,
        outbox=settings.outbox,
    )


def export(
    *,
    as_of: date,
    marts: Path,
    raw: Path,
    outbox: Path,
    audiences: Sequence[Audience] = AUDIENCES,
) -> dict[str, int]:
    """Replace the day's folder in ``outbox`` by every audience's files; return what left.

    The folder is written under another name and renamed when it is whole and on the disk: a
    failure leaves the outbox as it was. The ledger's rows of the day are replaced after that.
    """
    with connect(marts, read_only=True, attach={"raw": raw}) as connection:
        members = {
            audience: read_members(connection, audience, as_of=as_of) for audience in audiences
        }
    make_private_folder(outbox)
    draft = outbox / f".{as_of}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    digests = {
        audience: write_audience(draft / audience.channel, audience, found, as_of=as_of)
        for audience, found in members.items()
    }
    put_in_place(draft, outbox / as_of.isoformat())
    note(raw, members, digests, as_of=as_of)

    left = sum(found.rows.height for found in members.values())
    withheld = sum(found.withheld for found in members.values())
    logger.info("Exported %d audiences: %d left, %d withheld", len(members), left, withheld)
    return {"audiences": len(members), "rows": left, "withheld": withheld}


def note(
    raw: Path, members: dict[Audience, Members], digests: dict[Audience, str], *, as_of: date
) -> None:
    """Replace the day's rows in the ledger: how many went where, and who."""
    exports = pl.DataFrame(
        [
            {
                "as_of": as_of,
                "channel": audience.channel,
                "audience": audience.name,
                "path": f"{as_of}/{audience.channel}/{audience.name}.csv",
                "rows": found.rows.height,
                "added": found.added.height,
                "removed": found.removed.height,
                "withheld": found.withheld,
                "sha256": digests[audience],
            }
            for audience, found in members.items()
        ],
        schema=EXPORTS,
    )
    departed = pl.concat(
        [
            found.rows.select(
                as_of=pl.lit(as_of),
                channel=pl.lit(audience.channel),
                audience=pl.lit(audience.name),
                customer_id=pl.col(audience.key),
            ).cast(DEPARTED)
            for audience, found in members.items()
        ]
    )
    with connect(raw) as connection:
        replace_day(connection, "ops.exported_customers", departed, as_of=as_of)
        replace_day(connection, "ops.exports", exports, as_of=as_of)

"""The command line: land, try a file against a contract, replay quarantine, see the ledger."""

import argparse
import logging
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape
from rich.table import Table

from include.landing import audit, freshness, ledger, status
from include.landing.contract import Contract, list_contracts, load_contract
from include.landing.delivery import Delivery
from include.landing.errors import LandingError
from include.landing.land import land
from include.landing.one_file import Run, land_file
from include.landing.replay import replay
from include.landing.sole import sole_connection
from include.settings import Settings
from include.warehouse import Connection, connect, make_private_folder, quoted

SHOWN_ROWS = 10
console = Console()


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks, and return the exit code: 1 where something was refused."""
    logging.basicConfig(
        level=logging.INFO,
        format="%(message)s",
        handlers=[RichHandler(console=console, show_path=False)],
    )
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.command(asked))
    except LandingError as error:
        console.print(f"[red]{type(error).__name__}[/red]")
        console.print(str(error), markup=False, highlight=False)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m include.landing", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    lander = commands.add_parser(
        "land", help="land every file delivered by a date, as the DAG does"
    )
    lander.add_argument("--as-of", required=True, type=date.fromisoformat, metavar="YYYY-MM-DD")
    lander.add_argument("--only", metavar="SOURCE.ENTITY", help="this extract alone")
    lander.set_defaults(command=_land)

    checker = commands.add_parser(
        "check", help="print what of a file would land and what would be set aside; land nothing"
    )
    checker.add_argument("contract", type=Path, help="a contract's file, or its name in the folder")
    checker.add_argument("file", type=Path, help="a file as the source delivers it")
    checker.add_argument(
        "--delivered-on",
        type=date.fromisoformat,
        metavar="YYYY-MM-DD",
        help="the day it counts as delivered (default: its folder's name, else far in the future)",
    )
    checker.set_defaults(command=_check)

    player = commands.add_parser(
        "replay", help="cast quarantined rows again, after their contract was corrected"
    )
    player.add_argument(
        "--as-of",
        type=date.fromisoformat,
        metavar="YYYY-MM-DD",
        help="what was delivered up to this day (default: the last landing's)",
    )
    player.add_argument("--only", metavar="SOURCE.ENTITY", help="this extract alone")
    player.add_argument("--batch", metavar="ID", help="this batch alone; see ops.batches")
    player.set_defaults(command=_replay)

    shower = commands.add_parser(
        "status", help="show the ledger: what became of each file, why, and what to do next"
    )
    shower.add_argument("--path", default="", metavar="TEXT", help="files whose path contains this")
    shower.set_defaults(command=_status)

    rebuilt = commands.add_parser("rebuilt", help="say that days marked in ops.rebuilds are built")
    rebuilt.add_argument("--up-to", required=True, type=date.fromisoformat, metavar="YYYY-MM-DD")
    rebuilt.set_defaults(command=_rebuilt)
    return parser


def _land(asked: argparse.Namespace) -> int:
    """Land all contracts, or one; a refusal of one does not keep the others out."""
    settings = Settings.from_env()
    contracts = [c for c in list_contracts(settings.contracts) if asked.only in {None, c.name}]
    if not contracts:
        console.print(f"No contract {asked.only!r} in {settings.contracts}", markup=False)
        return 1
    table = Table("extract", *("files", "delivered", "landed", "quarantined", "skipped"))
    refused: list[LandingError] = []
    for contract in contracts:
        try:
            done = land(contract, as_of=asked.as_of, landing=settings.landing, raw=settings.raw)
        except LandingError as error:
            refused.append(error)
            continue
        table.add_row(contract.name, *(f"{n:,}" for n in done.values()))
    if table.row_count:
        console.print(table)
    for refusal in refused:
        console.print(f"[red]{type(refusal).__name__}[/red]")
        console.print(str(refusal), markup=False, highlight=False)
    return 1 if refused else 0


def _check(asked: argparse.Namespace) -> int:
    """Land one file into a warehouse in memory, and show what became of its rows."""
    settings = Settings.from_env()
    named = asked.contract if asked.contract.exists() else settings.contracts / asked.contract
    contract = load_contract(named)
    delivered_on = asked.delivered_on or _folder_date(asked.file) or date.max - timedelta(days=1)
    file = asked.file.resolve()
    delivery = Delivery(file=file, path=file.name, delivered_on=delivered_on)
    scratch_home = settings.raw.parent / "tmp"
    make_private_folder(scratch_home)
    with (
        tempfile.TemporaryDirectory(prefix="check-", dir=scratch_home) as scratch,
        connect(None, folders=(file.parent, Path(scratch))) as connection,
    ):
        ledger.create_tables(connection, contract)
        counts = land_file(
            connection, contract, delivery, run=Run(as_of=delivered_on, scratch=Path(scratch))
        )
        console.print(f"{file.name}: {counts}", markup=False)
        console.print(freshness.terms(contract), markup=False, highlight=False)
        _show_reasons(connection)
        _show_rows(connection, contract)
    return 0


def _folder_date(file: Path) -> date | None:
    try:
        return date.fromisoformat(file.resolve().parent.name)
    except ValueError:
        return None


def _show_reasons(connection: Connection) -> None:
    """Print why rows would be set aside, and the first of them as they came."""
    reasons = connection.execute(
        "SELECT reason, count(*) AS n, min(row_number) FROM (SELECT row_number, unnest(reasons) "
        "AS reason FROM ops.quarantined_rows) GROUP BY reason ORDER BY n DESC, reason"
    ).fetchall()
    if not reasons:
        return
    table = Table("reason", *("rows", "first row"), title="Would be quarantined")
    for reason, rows, first in reasons:
        table.add_row(str(reason), f"{rows:,}", f"{first:,}")
    console.print(table)
    samples = connection.execute(
        "SELECT row_number, raw_text FROM ops.quarantined_rows ORDER BY row_number LIMIT ?",
        [SHOWN_ROWS],
    ).fetchall()
    for row_number, raw_text in samples:
        console.print(f"{row_number:>8}  {raw_text}", markup=False, highlight=False)


def _show_rows(connection: Connection, contract: Contract) -> None:
    """Print the first rows that would land, one column a line."""
    rows = connection.execute(
        f"SELECT * FROM {quoted(contract.table)} ORDER BY _row_number LIMIT 3"
    ).fetchall()
    if rows:
        heads = (f"row {row[-2]}" for row in rows)
        table = Table("column", "type", *heads, title="Would land")
        for column, *values in zip(contract.columns, *rows, strict=False):
            shown = ("" if value is None else escape(str(value)) for value in values)
            table.add_row(column.name, column.physical_type, *shown)
        console.print(table)


def _replay(asked: argparse.Namespace) -> int:
    """Replay all contracts, or one, or one batch."""
    settings = Settings.from_env()
    contracts = [c for c in list_contracts(settings.contracts) if asked.only in {None, c.name}]
    if not contracts or not settings.raw.exists():
        nothing = f"No contract {asked.only!r} in {settings.contracts}"
        console.print("Nothing has landed yet." if contracts else nothing, markup=False)
        return 0 if contracts else 1
    table = Table("extract", "batches with quarantine", "rows landed now", "rows still set aside")
    for contract in contracts:
        done = replay(contract, as_of=asked.as_of, raw=settings.raw, batch_id=asked.batch)
        table.add_row(contract.name, *(f"{n:,}" for n in done.values()))
    console.print(table)
    return 0


def _status(asked: argparse.Namespace) -> int:
    """Print the ledger, and whether every row is accounted for."""
    settings = Settings.from_env()
    if settings.raw.exists():
        with connect(settings.raw, read_only=True) as connection:
            if ledger.has_ledger(connection):
                return 1 if status.show(console, connection, path=asked.path) else 0
    console.print("Nothing has landed yet.")
    return 0


def _rebuilt(asked: argparse.Namespace) -> int:
    """Close the marks of days that have been built anew."""
    settings = Settings.from_env()
    with sole_connection(
        settings.raw, folders=(), holder="a note of what is rebuilt"
    ) as connection:
        audit.create_tables(connection)
        closed = audit.resolve_rebuilds(connection, up_to=asked.up_to, as_of=asked.up_to)
    console.print(f"{closed} mark(s) closed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

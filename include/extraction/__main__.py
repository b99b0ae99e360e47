"""The command line: bring in remote deliveries, then ask the described sources, as of a day."""

import argparse
import logging
import sys
from datetime import date

from rich.console import Console
from rich.logging import RichHandler

from include.extraction.describe import list_extracts
from include.extraction.errors import ExtractionError
from include.extraction.extract import extract
from include.extraction.remote import sync
from include.settings import SecretMissingError, Settings

console = Console()


def main(arguments: list[str] | None = None) -> int:
    """Extract all that is described, or one; a failure of one does not keep the others out."""
    logging.basicConfig(
        level=logging.INFO,
        format="%(message)s",
        handlers=[RichHandler(console=console, show_path=False)],
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log every page's address
    parser = argparse.ArgumentParser(prog="python -m include.extraction", description=__doc__)
    parser.add_argument("--as-of", required=True, type=date.fromisoformat, metavar="YYYY-MM-DD")
    parser.add_argument("--only", metavar="SOURCE.ENTITY", help="this extract alone")
    asked = parser.parse_args(arguments)
    settings = Settings.from_env()
    failures: list[Exception] = []
    if settings.landing_url and not asked.only:
        try:
            copied = sync(settings.landing_url, as_of=asked.as_of, landing=settings.landing)
            console.print(f"{settings.landing_url}: {copied} files", markup=False, highlight=False)
        except ExtractionError as error:
            failures.append(error)
    try:
        described = [e for e in list_extracts(settings.contracts) if asked.only in {None, e.name}]
    except ExtractionError as error:
        described, failures = [], [*failures, error]
    for one in described:
        try:
            rows = extract(one, as_of=asked.as_of, landing=settings.landing)
            console.print(f"{one.name}: {rows:,} rows", markup=False, highlight=False)
        except (ExtractionError, SecretMissingError) as error:
            failures.append(error)
    if asked.only and not described and not failures:
        console.print(f"No extract {asked.only!r} is described in {settings.contracts}")
        return 1
    for failure in failures:
        console.print(f"[red]{type(failure).__name__}[/red]")
        console.print(str(failure), markup=False, highlight=False)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

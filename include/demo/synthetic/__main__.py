"""`python -m include.demo.synthetic`: make a synthetic company of any size, its truth beside it."""

import argparse
import sys
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import get_args

from rich.console import Console

from include.demo.synthetic.generate import TargetError, deliver_into, fill
from include.demo.synthetic.plan import COMPANY, NOTE, Plan, PlanError, Structure


def main() -> int:
    """Make the company that the arguments describe; return 0 when it is there."""
    asked = parser().parse_args()
    console = Console(stderr=True)
    began = perf_counter()
    target: Path = (asked.out or asked.raw).resolve()
    truth: Path = (asked.truth or target.parent / "truth").resolve()
    try:
        plan = Plan(
            customers=asked.customers,
            days=asked.days,
            seed=asked.seed,
            as_of=asked.as_of,
            structure=asked.structure,
        )
        with console.status("Drawing") as status:
            make = deliver_into if asked.out else fill
            counts = make(target, plan=plan, truth=truth, progress=status.update)
    except (PlanError, TargetError) as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return 2
    console.print(
        f"{COMPANY}: {perf_counter() - began:.0f} s, into {target}", markup=False, soft_wrap=True
    )
    for name, rows in sorted(counts.items()):
        console.print(f"  {name:<30}{rows:>14,} rows", markup=False, highlight=False)
    console.print(f"What was planted: {truth}/README.md", markup=False, soft_wrap=True)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command's arguments, each with what it means."""
    arguments = argparse.ArgumentParser(
        prog="python -m include.demo.synthetic",
        description=f"Make a synthetic company with a known truth. {NOTE}",
    )
    add = arguments.add_argument
    add(
        "--customers",
        type=int,
        default=1_000_000,
        help="accounts in the CRM; about 20 order lines, 50 web events each (default: %(default)s)",
    )
    add("--days", type=int, default=365, help="days of trade before --as-of (default: %(default)s)")
    add(
        "--seed",
        type=int,
        default=7,
        help="the same seed gives the same bytes (default: %(default)s)",
    )
    add(
        "--as-of",
        type=date.fromisoformat,
        default=date(2018, 1, 2),
        help="the morning of the last delivery (default: %(default)s)",
    )
    add(
        "--structure",
        choices=get_args(Structure),
        default="easy",
        help="planted segments, easy or hard to find; none: one cloud (default: %(default)s)",
    )
    add(
        "--truth",
        type=Path,
        help="where to write what was planted (default: truth/ beside the target)",
    )
    target = arguments.add_mutually_exclusive_group(required=True)
    target.add_argument(
        "--out", type=Path, help="an empty landing folder: files with manifests, to be landed"
    )
    target.add_argument(
        "--raw",
        type=Path,
        help="a new raw warehouse (.duckdb): tables as landing leaves them, for large sizes",
    )
    return arguments


if __name__ == "__main__":
    sys.exit(main())

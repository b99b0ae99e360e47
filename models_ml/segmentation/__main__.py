"""Decide about a retrain that was held back: look at it, let it lead, or drop it.

``python -m models_ml.segmentation`` shows it; ``approve VERSION`` and ``reject VERSION`` decide.
"""

import argparse
import sys
from datetime import date

from include.settings import Settings
from models_ml.segmentation.train import MODEL, what_to_do
from models_ml.tracking import Tracker, Version, open_tracker


class DecisionError(LookupError):
    """No version of that name waits for a decision."""


def main(arguments: list[str]) -> int:
    """Do what was asked, and say what is so now."""
    parser = argparse.ArgumentParser(prog="python -m models_ml.segmentation", description=__doc__)
    choices = parser.add_subparsers(dest="choice")
    for choice in ("approve", "reject"):
        choices.add_parser(choice).add_argument("version", help="its name, as MLflow shows it")
    asked = parser.parse_args(arguments)
    tracker = open_tracker(Settings.from_env())
    try:
        if asked.choice == "approve":
            told = approve(tracker, asked.version)
        elif asked.choice == "reject":
            told = reject(tracker, asked.version)
        else:
            told = status(tracker)
    except DecisionError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command for people
        return 1
    print(told)  # noqa: T201
    return 0


def run(version: str) -> str:
    """Let a held-back version lead, as the scheduler asks."""
    return approve(open_tracker(Settings.from_env()), version)


def status(tracker: Tracker) -> str:
    """Return who leads, who waits, and what to do about it."""
    champion = tracker.champion(MODEL, as_of=date.max)
    waiting = _waiting(tracker)
    leads = f"{champion.name} leads." if champion else "Nothing leads yet."
    if waiting is None:
        return f"{leads} No retrain waits for a decision."
    return (
        f"{leads} {waiting.name} is {waiting.verdict}.\n"
        f"{tracker.text(waiting, 'lifecycle.csv')}{what_to_do(waiting)}"
    )


def approve(tracker: Tracker, name: str) -> str:
    """Let the version ``name`` lead from the next scored day on."""
    version = _named(tracker, name)
    tracker.promote(MODEL, version)
    return f"{version.name} leads from the next scored day on; segments keep their ids and names."


def reject(tracker: Tracker, name: str) -> str:
    """Drop the version ``name``; the champion stays."""
    version = _named(tracker, name)
    tracker.reject(MODEL, version, version.verdict)
    return f"{version.name} is dropped; the champion goes on scoring."


def _waiting(tracker: Tracker) -> Version | None:
    """Return the version that waits for a decision."""
    return tracker.challenger(MODEL, as_of=date.max)


def _named(tracker: Tracker, name: str) -> Version:
    """Return the waiting version where it is called ``name``."""
    waiting = _waiting(tracker)
    if waiting is None or waiting.name != name:
        now = f"{waiting.name} does" if waiting else "none does"
        raise DecisionError(f"{name} does not wait for a decision; {now}.")
    return waiting


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Decide about a retrain that was held back: look at it, let it lead, or drop it.

``python -m models_ml.segmentation`` shows it; ``approve VERSION`` and ``reject VERSION`` decide.
"""

import argparse
import sys

from include.settings import Settings
from models_ml.segmentation.approval import DecisionError, approve, reject, status
from models_ml.tracking import open_tracker


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

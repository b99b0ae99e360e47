"""Approval: what a person decides about a retrain that was held back."""

from datetime import date

from include.settings import Settings
from models_ml.segmentation.train import MODEL, what_to_do
from models_ml.tracking import Tracker, Version, open_tracker


class DecisionError(LookupError):
    """No version of that name waits for a decision."""


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
    """Let the version ``name`` lead from the next scored day on; to say so twice changes nothing.

    One that learned on an earlier day than the champion leads on days that are filled back alone.
    """
    leading = tracker.champion(MODEL, as_of=date.max)
    if leading is not None and leading.name == name:
        return f"{name} leads already."
    version = _named(tracker, name)
    tracker.promote(MODEL, version)
    leading = tracker.champion(MODEL, as_of=date.max)
    if leading is not None and leading.name != name:
        return (
            f"{name} leads on days filled back from {version.trained_as_of} on; {leading.name} "
            "has learned later and goes on leading today."
        )
    return f"{name} leads from the next scored day on; segments keep their ids and names."


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

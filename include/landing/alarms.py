"""Alarms: what a contract says is odd enough to warn about, or to stop at.

Light on purpose, as :mod:`include.landing.contract` is. What is compared with what belongs in
:mod:`include.landing.profiles` and :mod:`include.landing.freshness`.
"""

from dataclasses import dataclass

from include.landing.odcs import Document


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """From which change against its own history on a delivery is warned about, or refused."""

    warn: float | None = None
    stop: float | None = None


@dataclass(frozen=True, kw_only=True)
class Staleness:
    """From how many days on before the run the newest delivery is warned about, or stops it."""

    warn: int | None = None
    stop: int | None = None


QUIET = Alarm()
NEVER_STALE = Staleness()


def read_staleness(contract: Document, custom: Document, *, is_required: bool) -> Staleness:
    """Return when a source is stale: ``staleAfterDays``, or the service levels' ``latency``.

    ``latency`` says no more than a limit, so a required source stops there and an optional one is
    warned about. Both at once would be two answers to one question, and are wrong.
    """
    latency = _latency(contract)
    place, days = custom.at("staleAfterDays"), custom.get("staleAfterDays", dict, {})
    if latency is not None and days:
        place.wrong("staleAfterDays and the latency of slaProperties both say when: keep one")
    for step, count in days.items():
        is_count = isinstance(count, int) and not isinstance(count, bool) and count >= 0
        if step not in {"warn", "stop"} or not is_count:
            place.wrong("staleAfterDays takes warn and stop, each a whole number of days")
    if days.get("warn", 0) > days.get("stop", days.get("warn", 0)):
        place.wrong("staleAfterDays would stop before it warns: warn must not be above stop")
    if latency is not None:
        return Staleness(stop=latency) if is_required else Staleness(warn=latency)
    return Staleness(warn=days.get("warn"), stop=days.get("stop"))


def _latency(contract: Document) -> int | None:
    """Return the ``latency`` of the service levels, in days; None without one."""
    for place in contract.items("slaProperties"):
        place.choice("property", ("latency",))
        place.choice("unit", ("d",))
        return place.get("value", int)
    return None


def read_alarm(custom: Document, name: str) -> Alarm:
    """Return the shares from which on ``name`` warns and stops: ``{warn: 0.5, stop: 0.8}``."""
    place, shares = custom.at(name), custom.get(name, dict, {})
    for step, share in shares.items():
        is_share = isinstance(share, int | float) and not isinstance(share, bool) and 0 < share <= 1
        if step not in {"warn", "stop"} or not is_share:
            place.wrong(f"{name} takes warn and stop, each a share above 0 and up to 1")
    return Alarm(warn=shares.get("warn"), stop=shares.get("stop"))

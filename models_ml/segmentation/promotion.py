"""Promotion: may this retrain lead, or would it move people about for no reason? Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models_ml.segmentation.drift import measure_drift
from models_ml.segmentation.features import by_hash
from models_ml.segmentation.hysteresis import STATE, settle
from models_ml.segmentation.lifecycle import events
from models_ml.segmentation.model import SegmentModel
from models_ml.segmentation.naming import UNSEGMENTED_ID
from models_ml.segmentation.policy import IdentityPolicy


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether the retrained model leads from now on, why, and what it would change."""

    is_promoted: bool
    reason: str
    moved_share: float
    drift: Mapping[str, float]
    events: pl.DataFrame


def judge(  # noqa: PLR0913 - by keyword
    new: SegmentModel,
    old: SegmentModel,
    customers: pl.DataFrame,
    *,
    former: pl.DataFrame | None,
    pinned: Collection[str],
    policy: IdentityPolicy,
    as_of: date,
) -> Verdict:
    """Judge a retrained model, whose segments have their identity, against the champion.

    Held back is a model that would end a pinned segment, and one that would move more than
    ``max_moved_share`` of today's customers although no feature has drifted by ``drift_psi`` since
    the champion learned: then it is the fit that wavers, and not the customers. ``former`` is who
    was where on the day before, as in ``lifecycle.events``.
    """
    drift = measure_drift(old.reference, customers)
    seen = by_hash(customers, policy.compared_customers)
    moved = moved_share(new, old, seen, policy=policy, as_of=as_of)
    told = events(old, new, seen, policy, former)
    now = {segment.segment_id for segment in new.segments}
    ended = [s for s in old.segments if s.segment_id in set(pinned) - now]
    widest = max(drift, key=lambda column: drift[column], default="")
    most = drift.get(widest, 0.0)
    would = f"it would move {moved:.1%} of customers to another segment"
    if ended:
        names = ", ".join(f"{s.segment_id} {s.name}" for s in ended)
        return _verdict(f"held back: it would end what is pinned: {names}", moved, drift, told)
    if moved > policy.max_moved_share and most < policy.drift_psi:
        reason = (
            f"held back: {would} (at most {policy.max_moved_share:.0%} may move), and "
            f"what they do has not changed enough to explain it (drift {most:.2f} at most, and "
            f"{policy.drift_psi:g} counts as a change)"
        )
        return _verdict(reason, moved, drift, told)
    because = (
        f"{widest} has drifted by {most:.2f}" if moved > policy.max_moved_share else "that is few"
    )
    reason = f"{would.replace('would move', 'moves')}, and {because}"
    return _verdict(reason, moved, drift, told, is_promoted=True)


def moved_share(
    new: SegmentModel,
    old: SegmentModel,
    customers: pl.DataFrame,
    *,
    policy: IdentityPolicy,
    as_of: date,
) -> float:
    """Return the share of customers who would change segment with the model: borders do not."""
    ids = customers["customer_id"]
    before = np.array([*(s.segment_id for s in old.segments), UNSEGMENTED_ID])
    yesterday = pl.DataFrame(
        {"customer_id": ids, "segment_id": before[old.assign(customers).segment]},
    ).with_columns(pl.lit(None, dtype=STATE[name]).alias(name) for name in list(STATE)[2:])
    names = [segment.segment_id for segment in new.segments]
    settled = settle(
        new.assign(customers), ids, yesterday, segment_ids=names, policy=policy, as_of=as_of
    )
    after = np.array([*names, UNSEGMENTED_ID])[settled.segment]
    return round(float((after != yesterday["segment_id"].to_numpy()).mean()), 6)


def _verdict(
    reason: str,
    moved: float,
    drift: Mapping[str, float],
    told: pl.DataFrame,
    *,
    is_promoted: bool = False,
) -> Verdict:
    """Return the verdict."""
    return Verdict(
        is_promoted=is_promoted, reason=reason, moved_share=moved, drift=drift, events=told
    )

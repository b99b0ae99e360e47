"""Train: fit the segments, keep their identity, and let only what does not startle people lead."""

import dataclasses
import logging
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypedDict

import polars as pl
from threadpoolctl import threadpool_limits

from include.settings import Settings
from include.warehouse import (
    canonical_digest,
    connect,
    replace_day,
)
from models_ml.mart import FEATURES, read_customers
from models_ml.package import Package
from models_ml.segmentation.condensed import compact
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.drift import take_reference
from models_ml.segmentation.evidence import log_fit
from models_ml.segmentation.fit import Fitted, fit
from models_ml.segmentation.identity import with_identity
from models_ml.segmentation.model import OutdatedModelError, SegmentModel, pack, unpack
from models_ml.segmentation.overrides import Override, read_overrides
from models_ml.segmentation.past import Past, read_past
from models_ml.segmentation.pictures import log_pictures
from models_ml.segmentation.policy import IdentityPolicy
from models_ml.segmentation.profile import TRAIT_COLUMNS
from models_ml.segmentation.promotion import Verdict, judge
from models_ml.tracking import Retrain, Run, Tracker, Version, open_tracker

MODEL = "segmentation"
REFUSALS = "ml.segment_refusals"  # why a training day gave no model, for people to read

logger = logging.getLogger(__name__)


class Origin(TypedDict):
    """What every run of a training day is logged with."""

    as_of: date
    parameters: Mapping[str, Any]
    data_digest: str


def run(as_of: str, retrain: Retrain = "when_missing") -> dict[str, Any]:
    """Train as the scheduler asks; return what to log."""
    settings = Settings.from_env()
    result = train(
        SegmentationConfig(),
        as_of=date.fromisoformat(as_of),
        retrain=retrain,
        warehouse=settings.marts,
        tracker=open_tracker(settings),
        overrides=read_overrides(settings.segment_overrides),
    )
    logger.info("Segmentation, training for %s: %s", as_of, result)
    return result


def train(  # noqa: PLR0913 - by keyword
    config: SegmentationConfig,
    *,
    as_of: date,
    retrain: Retrain,
    warehouse: Path,
    tracker: Tracker,
    policy: IdentityPolicy = IdentityPolicy(),  # noqa: B008 - frozen
    overrides: Mapping[str, Override] | None = None,
) -> dict[str, Any]:
    """Fit, register, and promote or hold back; or say why there is no fit.

    The champion stays where this refuses or holds back. Days before ``as_of`` alone decide which
    ids and names are taken, so that training a day again gives the same model.
    """
    if retrain != "always" and champion_model(tracker, as_of=as_of) is not None:
        return {"segments_trained": False, "segments_reason": "not due"}
    with connect(warehouse, read_only=True) as connection:
        customers = read_customers(connection, as_of=as_of)
        data_digest = canonical_digest(connection, FEATURES)
        past = read_past(connection, as_of=as_of)
    fitted = fit(customers, config)
    origin = Origin(
        as_of=as_of,
        parameters={**dataclasses.asdict(config), **dataclasses.asdict(policy)},
        data_digest=data_digest,
    )
    _tell_refusal(warehouse, fitted.refusal, as_of)
    if fitted.model is None:
        with tracker.tracked_run(MODEL, **origin) as tracked:
            tracked.set_tag("refused", fitted.refusal)
            _log_fit(tracked, fitted, config)
        return {"segments_trained": False, "segments_reason": fitted.refusal}

    previous = champion_model(tracker, as_of=as_of - timedelta(days=1))  # its segments are known
    model, verdict = _identified(
        _with_origin(fitted, fitted.model, customers),
        previous,
        customers,
        past=past,
        overrides=overrides or {},
        policy=policy,
        as_of=as_of,
    )
    package = pack(model, trained_as_of=as_of)
    version = _registered(tracker, package, as_of)
    if version is None:
        with tracker.tracked_run(MODEL, **origin) as tracked:
            _log(tracked, model, customers, verdict)
            _log_fit(tracked, fitted, config)
            log_pictures(
                tracked,
                search=fitted.search,
                tolerance=config.firmness_tolerance,
                model=model,
                previous=previous,
                customers=customers,
                sizes=past.sizes,
            )
            version = tracker.register(tracked, MODEL, package, data_digest=data_digest)
    return {
        "segments_trained": True,
        "segments_version": version.name,
        **_decide(tracker, version, verdict),
        **{name: model.metrics[name] for name in ("segments", "noise_share", "dbcv", "stability")},
    }


def _identified(  # noqa: PLR0913 - by keyword
    model: SegmentModel,
    previous: SegmentModel | None,
    customers: pl.DataFrame,
    *,
    past: Past,
    overrides: Mapping[str, Override],
    policy: IdentityPolicy,
    as_of: date,
) -> tuple[SegmentModel, Verdict | None]:
    """Return the model with ids and names, and the verdict beside a champion, if there is one."""
    identified = with_identity(
        model,
        customers,
        previous,
        policy=policy,
        next_id=past.next_id,
        taken=[override.name for override in overrides.values() if override.name],
    )
    if previous is None:
        return identified, None
    verdict = judge(
        identified,
        previous,
        customers,
        former=past.former,
        pinned=[segment_id for segment_id, override in overrides.items() if override.pin],
        policy=policy,
        as_of=as_of,
    )
    return identified, verdict


def _with_origin(fitted: Fitted, model: SegmentModel, customers: pl.DataFrame) -> SegmentModel:
    """Return the model with what it learned from, and with the tree its segments were cut from."""
    columns = dict.fromkeys([*(f.column for f in model.scaler.features), *TRAIT_COLUMNS])
    chosen = fitted.search.chosen if fitted.search is not None else None
    raw = getattr(chosen, "tree", None)
    return dataclasses.replace(
        model,
        reference=take_reference(customers, list(columns)),
        tree=[] if chosen is None or raw is None else compact(raw, chosen.labels),
    )


def _tell_refusal(warehouse: Path, reason: str, as_of: date) -> None:
    """Make ``reason`` what is said of the day's training; nothing where there was a model."""
    said = [(as_of, reason)] if reason else []
    schema = {"as_of": pl.Date, "reason": pl.String}
    with connect(warehouse) as connection:
        rows = pl.DataFrame(said, schema=schema, orient="row")
        replace_day(connection, REFUSALS, rows, as_of=as_of)


def _decide(tracker: Tracker, version: Version, verdict: Verdict | None) -> dict[str, Any]:
    """Promote or hold back the version, and return what to say about it."""
    if version.is_promoted or verdict is None or verdict.is_promoted:
        tracker.promote(MODEL, version)
        reason = "there is no champion yet" if verdict is None else verdict.reason
        if verdict is not None and not verdict.is_promoted:
            reason = "a person has approved it"
        return {"segments_promoted": True, "segments_reason": reason}
    if not version.verdict:
        tracker.hold(MODEL, version, verdict.reason)
        logger.warning("%s is %s. %s", version.name, verdict.reason, what_to_do(version))
    return {"segments_promoted": False, "segments_reason": version.verdict or verdict.reason}


def what_to_do(version: Version) -> str:
    """Return how a person decides about a version that was held back."""
    command = "python -m models_ml.segmentation"
    return (
        f"The champion goes on scoring. To let this one lead: {command} approve {version.name}; "
        f"to drop it: {command} reject {version.name}; to see what it would change: {command}"
    )


def _registered(tracker: Tracker, package: Package, as_of: date) -> Version | None:
    """Return the version that has the same bytes; training a day again adds none."""
    known = tracker.versions(MODEL, as_of=as_of)
    return next((v for v in known if v.artifact_sha256 == package.digest), None)


def champion_model(tracker: Tracker, *, as_of: date) -> SegmentModel | None:
    """Return the champion of ``as_of``; None where there is none, or none that can be read."""
    version = tracker.champion(MODEL, as_of=as_of)
    if version is None:
        return None
    try:
        return unpack(tracker.load(version))
    except OutdatedModelError as error:
        logger.warning("%s", error)
        return None


def _log_fit(tracked: Run, fitted: Fitted, config: SegmentationConfig) -> None:
    """Log what was tried; on one thread, for OpenMP's wait for each other on a busy machine."""
    with threadpool_limits(limits=1, user_api="openmp"):
        log_fit(tracked, fitted, config)


def _log(
    tracked: Run, model: SegmentModel, customers: pl.DataFrame, verdict: Verdict | None
) -> None:
    """Log numbers, the verdict and the card."""
    found = model.assign(customers)
    tracked.log_metrics({**model.metrics, "weak_share": float(found.is_weak.mean())})
    if verdict is not None:
        drift = {f"drift_{column}": value for column, value in verdict.drift.items()}
        tracked.log_metrics({"moved_share": verdict.moved_share, **drift})
        tracked.log_text("lifecycle.csv", verdict.events.write_csv())
        tracked.set_tag("verdict", verdict.reason)
    card = (Path(__file__).parent / "MODEL_CARD.md").read_text()
    facts = "\n".join(f"- {s.segment_id} {s.name}: {s.description}" for s in model.segments)
    numbers = "\n".join(f"- {name}: {value}" for name, value in sorted(model.metrics.items()))
    tracked.log_text("MODEL_CARD.md", f"{card}\n## This version\n\n{facts}\n{numbers}\n")

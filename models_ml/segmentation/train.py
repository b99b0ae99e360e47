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
    Connection,
    canonical_digest,
    connect,
    has_table,
    literal,
    read_query,
    replace_day,
)
from models_ml.mart import FEATURES, read_customers
from models_ml.package import Package
from models_ml.segmentation.condensed import compact
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.drift import take_reference
from models_ml.segmentation.evidence import log_fit
from models_ml.segmentation.fit import Fitted, fit
from models_ml.segmentation.history import SEGMENTS
from models_ml.segmentation.identity import with_identity
from models_ml.segmentation.model import OutdatedModelError, SegmentModel, pack, unpack
from models_ml.segmentation.overrides import Override, read_overrides
from models_ml.segmentation.pictures import Sizes, log_pictures
from models_ml.segmentation.policy import IdentityPolicy
from models_ml.segmentation.profile import TRAIT_COLUMNS
from models_ml.segmentation.promotion import Verdict, judge
from models_ml.tracking import Retrain, Run, Tracker, Version, open_tracker

MODEL = "segmentation"
SEEN_IDS = "ml.segment_profiles"  # every id that people have ever seen, by day
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
    given = dict(overrides or {})
    with connect(warehouse, read_only=True) as connection:
        customers = read_customers(connection, as_of=as_of)
        data_digest = canonical_digest(connection, FEATURES)
        next_id = _next_id(connection, as_of)
        sizes = _sizes(connection, as_of)
        former = _former(connection, as_of)

    fitted = fit(customers, config)
    parameters = {**dataclasses.asdict(config), **dataclasses.asdict(policy)}
    logged = Origin(as_of=as_of, parameters=parameters, data_digest=data_digest)
    if fitted.model is None:
        with tracker.tracked_run(MODEL, **logged) as tracked:
            tracked.set_tag("refused", fitted.refusal)
            _log_fit(tracked, fitted, config)
        _tell_refusal(warehouse, fitted.refusal, as_of)
        return {"segments_trained": False, "segments_reason": fitted.refusal}

    _tell_refusal(warehouse, None, as_of)
    previous = champion_model(tracker, as_of=as_of - timedelta(days=1))  # its segments are known
    model = with_identity(
        _with_origin(fitted, fitted.model, customers),
        customers,
        previous,
        policy=policy,
        next_id=next_id,
        taken=[override.name for override in given.values() if override.name],
    )
    pinned = [segment_id for segment_id, override in given.items() if override.pin]
    verdict = (
        judge(
            model,
            previous,
            customers,
            former=former,
            pinned=pinned,
            policy=policy,
            as_of=as_of,
        )
        if previous is not None
        else None
    )
    package = pack(model, trained_as_of=as_of)
    version = _registered(tracker, package, as_of)
    if version is None:
        with tracker.tracked_run(MODEL, **logged) as tracked:
            _log(tracked, model, customers, verdict)
            _log_fit(tracked, fitted, config)
            log_pictures(
                tracked,
                search=fitted.search,
                model=model,
                previous=previous,
                customers=customers,
                sizes=sizes,
            )
            version = tracker.register(tracked, MODEL, package, data_digest=data_digest)
    return {
        "segments_trained": True,
        "segments_version": version.name,
        **_decide(tracker, version, verdict),
        **{name: model.metrics[name] for name in ("segments", "noise_share", "dbcv", "stability")},
    }


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


def _tell_refusal(warehouse: Path, reason: str | None, as_of: date) -> None:
    """Make ``reason`` what is said of the day's training; None where there was a model."""
    said = [] if reason is None else [(as_of, reason)]
    schema = {"as_of": pl.Date, "reason": pl.String}
    with connect(warehouse) as connection:
        rows = pl.DataFrame(said, schema=schema, orient="row")
        replace_day(connection, REFUSALS, rows, as_of=as_of)


def _decide(tracker: Tracker, version: Version, verdict: Verdict | None) -> dict[str, Any]:
    """Promote or hold back the version, and return what to say about it."""
    if version.is_promoted or verdict is None or verdict.is_promoted:
        tracker.promote(MODEL, version)
        reason = verdict.reason if verdict is not None else "there is no champion yet"
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


def _next_id(connection: Connection, as_of: date) -> int:
    """Return the least number above every segment's that anybody saw on the days before.

    The champion alone does not know: it may have been rolled back from one that had more.
    """
    if not has_table(connection, SEEN_IDS):
        return 1
    query = (
        f"SELECT coalesce(max(try_cast(segment_id[2:] AS integer)), 0) + 1 FROM {SEEN_IDS} "
        f"WHERE segment_id[1] = 'S' AND as_of < {literal(as_of)}::date"
    )
    [(number,)] = connection.execute(query).fetchall()
    return int(number)


def _former(connection: Connection, as_of: date) -> pl.DataFrame | None:
    """Return who was where on the newest day before; None where nobody was anywhere."""
    if not has_table(connection, SEGMENTS):
        return None
    return read_query(
        connection,
        f"SELECT customer_id, segment_id FROM {SEGMENTS} WHERE as_of = "
        f"(SELECT max(as_of) FROM {SEGMENTS} WHERE as_of < {literal(as_of)}::date)",
    )


def _log_fit(tracked: Run, fitted: Fitted, config: SegmentationConfig) -> None:
    """Log what was tried; on one thread, for OpenMP's wait for each other on a busy machine."""
    with threadpool_limits(limits=1, user_api="openmp"):
        log_fit(tracked, fitted, config)


def _sizes(connection: Connection, as_of: date) -> Sizes:
    """Return each segment's share of customers on the days before."""
    if not has_table(connection, SEEN_IDS):
        return {}
    found = read_query(
        connection,
        "SELECT segment_id, arg_max(segment_name, as_of) AS name, "
        "list(as_of ORDER BY as_of) AS days, "
        "list(customer_share::double ORDER BY as_of) AS shares "
        f"FROM {SEEN_IDS} WHERE as_of < {literal(as_of)}::date GROUP BY ALL ORDER BY segment_id",
    )
    return {
        f"{segment_id} {name}": list(zip(days, shares, strict=True))
        for segment_id, name, days, shares in found.iter_rows()
    }


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

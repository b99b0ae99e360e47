"""Train: fit the segments when due, keep their identity, and let only sound ones lead."""

import dataclasses
import logging
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from include.settings import Settings
from include.warehouse import canonical_digest, connect
from models_ml.mart import FEATURES, read_customers
from models_ml.segmentation.assign import UNSEGMENTED, keep_cores
from models_ml.segmentation.cluster import Search, find_clusters
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.features import by_hash, fit_scaler
from models_ml.segmentation.identity import with_identity
from models_ml.segmentation.model import SegmentModel, pack, picture_axes, unpack
from models_ml.segmentation.plots import draw_grid, draw_map, draw_profiles
from models_ml.segmentation.profile import standings
from models_ml.tracking import Retrain, Run, Tracker, open_tracker

MODEL = "segmentation"

logger = logging.getLogger(__name__)


def run(as_of: str, retrain: Retrain = "when_due") -> dict[str, Any]:
    """Train as the scheduler asks; return what to log."""
    settings = Settings.from_env()
    result = train(
        SegmentationConfig(),
        as_of=date.fromisoformat(as_of),
        retrain=retrain,
        warehouse=settings.marts,
        tracker=open_tracker(settings),
    )
    logger.info("Segmentation, training for %s: %s", as_of, result)
    return result


def train(
    config: SegmentationConfig,
    *,
    as_of: date,
    retrain: Retrain,
    warehouse: Path,
    tracker: Tracker,
) -> dict[str, Any]:
    """Fit, register and promote; or say why not. Yesterday's champion stays where this refuses."""
    if not tracker.is_due(MODEL, as_of=as_of, retrain=retrain, every_days=config.retrain_days):
        return {"segments_trained": False, "segments_reason": "not due"}
    with connect(warehouse, read_only=True) as connection:
        customers = read_customers(connection, as_of=as_of)
        data_digest = canonical_digest(connection, FEATURES)

    fitted = fit(customers, config)
    if fitted.model is None:
        parameters = dataclasses.asdict(config)
        with tracker.tracked_run(
            MODEL, as_of=as_of, parameters=parameters, data_digest=data_digest
        ) as tracked:
            tracked.set_tag("refused", fitted.refusal)
        return {"segments_trained": False, "segments_reason": fitted.refusal}

    model = with_identity(fitted.model, customers, config, _previous(tracker, as_of))
    package = pack(model, trained_as_of=as_of)
    version = next(
        (v for v in tracker.versions(MODEL, as_of=as_of) if v.artifact_sha256 == package.digest),
        None,
    )
    if version is None:
        with tracker.tracked_run(
            MODEL, as_of=as_of, parameters=dataclasses.asdict(config), data_digest=data_digest
        ) as tracked:
            _log(tracked, fitted, model, customers)
            version = tracker.register(tracked, MODEL, package, data_digest=data_digest)
    tracker.promote(MODEL, version)
    return {
        "segments_trained": True,
        "segments_reason": "due",
        "segments_version": version.name,
        **{name: model.metrics[name] for name in ("segments", "noise_share", "dbcv", "stability")},
    }


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A model whose segments have no identity yet, or why there is none."""

    model: SegmentModel | None
    refusal: str
    search: Search | None = None


def fit(customers: pl.DataFrame, config: SegmentationConfig) -> Fitted:
    """Find segments among ``customers``; the order of rows does not matter."""
    if customers.height < config.min_customers:
        return Fitted(
            model=None,
            refusal=f"{customers.height} customers are too few: {config.min_customers} are needed",
        )
    sample = by_hash(customers, config.max_fit_customers)
    scaler = fit_scaler(sample, config)
    if not scaler.features:
        return Fitted(model=None, refusal="no feature has more than one value")
    matrix = scaler.scale(sample)
    search = find_clusters(matrix, config)
    if search.chosen is None:
        return Fitted(model=None, refusal=search.refusal, search=search)
    model = SegmentModel(
        scaler=scaler,
        cores=keep_cores(matrix, search.chosen.labels, config),
        axes=picture_axes(sample),
        segments=(),
        next_id=1,
        noise_policy=config.noise_policy,
        map_customers=config.map_customers,
        metrics=search.chosen.metrics,
        importance={},
    )
    return Fitted(model=model, refusal="", search=search)


def _previous(tracker: Tracker, as_of: date) -> SegmentModel | None:
    """Return the champion of the days before, whose segments people know."""
    version = tracker.champion(MODEL, as_of=as_of - timedelta(days=1))
    return unpack(tracker.load(version)) if version is not None else None


def _log(tracked: Run, fitted: Fitted, model: SegmentModel, customers: pl.DataFrame) -> None:
    """Log numbers, pictures and the card, segments in the order of their ids."""
    found = model.assign(customers)
    tracked.log_metrics({**model.metrics, "weak_share": float(found.is_weak.mean())})
    order = sorted(range(len(model.segments)), key=lambda s: int(model.segments[s].segment_id[1:]))
    segments = [model.segments[s] for s in order]
    places = np.array([*np.argsort(order), UNSEGMENTED])  # the last is for UNSEGMENTED, -1
    placed = places[found.segment]
    names = [segment.name for segment in segments]
    tracked.log_figure("map.png", draw_map(model.picture(customers), placed, names))
    stand = standings(customers, placed, len(names))
    tracked.log_figure("profiles.png", draw_profiles(stand, names))
    tracked.log_figure("grid.png", draw_grid(fitted.search.tries if fitted.search else []))
    card = (Path(__file__).parent / "MODEL_CARD.md").read_text()
    facts = "\n".join(f"- {s.segment_id} {s.name}: {s.description}" for s in segments)
    numbers = "\n".join(f"- {name}: {value}" for name, value in sorted(model.metrics.items()))
    tracked.log_text("MODEL_CARD.md", f"{card}\n## This version\n\n{facts}\n{numbers}\n")

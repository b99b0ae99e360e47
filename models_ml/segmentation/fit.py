"""Fit: customers to a model whose segments have no identity yet, or a reason why there is none."""

from dataclasses import dataclass

import polars as pl

from models_ml.segmentation.assign import keep_cores
from models_ml.segmentation.cluster import Search, find_clusters
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.features import by_hash, fit_scaler
from models_ml.segmentation.model import SegmentModel, picture_axes


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

"""Fit: customers to a model whose segments have no identity yet, or a reason why there is none."""

from dataclasses import dataclass

import polars as pl

from models_ml.segmentation.assign import keep_cores
from models_ml.segmentation.cluster import Search, find_clusters
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.features import Matrix, stratified
from models_ml.segmentation.model import SegmentModel, picture_axes
from models_ml.segmentation.scaling import Scaler, fit_scaler
from models_ml.segmentation.structure import Structure, prove


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A model whose segments have no identity yet, or why there is none; and the evidence.

    ``sample`` and ``matrix`` are who was fitted, and how the distance saw them.
    """

    model: SegmentModel | None
    refusal: str
    search: Search | None = None
    structure: Structure | None = None
    sample: pl.DataFrame | None = None
    matrix: Matrix | None = None
    scaler: Scaler | None = None


def fit(customers: pl.DataFrame, config: SegmentationConfig) -> Fitted:
    """Find segments among ``customers``, and prove them; the order of rows does not matter."""
    if customers.height < config.min_customers:
        return Fitted(
            model=None,
            refusal=f"{customers.height} customers are too few: {config.min_customers} are needed",
        )
    sample = stratified(customers, config.max_fit_customers, by=config.stratify_by)
    scaler = fit_scaler(sample, config)
    if not scaler.features:
        return Fitted(model=None, refusal="no feature has more than one value", sample=sample)
    if config.outliers == "exclude":
        sample = sample.filter(~pl.Series(scaler.is_outlier(sample)))
    matrix = scaler.scale(sample)
    search = find_clusters(matrix, config)
    structure = prove(matrix, search, config)
    chosen = search.chosen
    return Fitted(
        model=_model(sample, matrix, scaler, search, structure, config)
        if structure.is_found and chosen is not None
        else None,
        refusal="" if structure.is_found else structure.reason,
        search=search,
        structure=structure,
        sample=sample,
        matrix=matrix,
        scaler=scaler,
    )


def _model(  # noqa: PLR0913, PLR0917 - all that a model is made of
    sample: pl.DataFrame,
    matrix: Matrix,
    scaler: Scaler,
    search: Search,
    structure: Structure,
    config: SegmentationConfig,
) -> SegmentModel | None:
    """Return the model of the clustering that was chosen."""
    chosen = search.chosen
    if chosen is None:
        return None
    return SegmentModel(
        scaler=scaler,
        cores=keep_cores(matrix, chosen.labels, config),
        axes=picture_axes(sample),
        segments=(),
        next_id=1,
        noise_policy=config.noise_policy,
        map_customers=config.map_customers,
        metrics={**chosen.metrics, **structure.metrics},
        importance={},
    )

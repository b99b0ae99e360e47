"""Fit: customers to a model whose segments have no identity yet, or a reason why there is none."""

import dataclasses
from dataclasses import dataclass

import polars as pl
from threadpoolctl import threadpool_limits

from models_ml.segmentation.assign import keep_cores
from models_ml.segmentation.cluster import Search, find_clusters
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.features import Matrix, stratified
from models_ml.segmentation.model import SegmentModel, picture_axes
from models_ml.segmentation.scaling import fit_scaler
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


def fit(customers: pl.DataFrame, config: SegmentationConfig) -> Fitted:
    """Find segments among ``customers``, and prove them; the order of rows does not matter.

    ``customers`` is one row each, as ``models_ml.mart`` reads them. Nothing is raised where there
    are no segments: ``Fitted.refusal`` says why.
    """
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
    with threadpool_limits(limits=1):  # BLAS's and OpenMP's threads wait for each other spinning
        search = find_clusters(matrix, config)
        structure = prove(matrix, search, config)
    evidence = Fitted(
        model=None,
        refusal=structure.reason,
        search=search,
        structure=structure,
        sample=sample,
        matrix=matrix,
    )
    if not structure.is_found or search.chosen is None:
        return evidence
    model = SegmentModel(
        scaler=scaler,
        cores=keep_cores(matrix, search.chosen.labels, config),
        axes=picture_axes(sample),
        segments=(),
        next_id=1,
        noise_policy=config.noise_policy,
        map_customers=config.map_customers,
        metrics={**search.chosen.metrics, **structure.metrics},
        importance={},
    )
    return dataclasses.replace(evidence, model=model, refusal="")

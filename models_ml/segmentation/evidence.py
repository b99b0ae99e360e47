"""Evidence: what a fit rests on, told to the tracker: grid, baselines, proof, columns."""

from typing import Any

import polars as pl

from models_ml.segmentation.baselines import Baseline, compare
from models_ml.segmentation.cluster import Clustering
from models_ml.segmentation.columns import report_columns
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.fit import Fitted
from models_ml.tracking import Run


def log_fit(tracked: Run, fitted: Fitted, config: SegmentationConfig) -> None:
    """Log all that was tried under ``tracked``, whether or not a model came of it.

    Nested runs: one a point of the grid, one a baseline. Texts: ``baselines.csv`` with K-means'
    silhouette and elbow for every number of segments, ``columns.csv`` with what each feature adds.
    """
    if fitted.structure is not None:
        tracked.log_metrics(fitted.structure.metrics)
        tracked.set_tag("structure", fitted.structure.reason)
    for tried in fitted.search.tries if fitted.search is not None else []:
        tracked.log_child(_name(tried), parameters=_parameters(tried), metrics=tried.metrics)
    if fitted.matrix is None:
        return
    baselines = compare(fitted.matrix, config)
    tracked.log_text("baselines.csv", _table(baselines).write_csv())
    for baseline in (b for b in baselines if "stability" in b.metrics):
        name = f"{baseline.method}, {baseline.segments} segments"
        parameters = {"method": baseline.method, "segments": baseline.segments}
        tracked.log_child(name, parameters=parameters, metrics=baseline.metrics)
    if fitted.model is not None and fitted.sample is not None:
        report = report_columns(fitted.sample, fitted.model.scaler, fitted.model.cores, config)
        tracked.log_text("columns.csv", report.write_csv())


def _name(tried: Clustering) -> str:
    """Return what a point of the grid is called."""
    setting = tried.setting
    return f"hdbscan {setting.cluster_share} {setting.min_samples} {setting.selection_method}"


def _parameters(tried: Clustering) -> dict[str, Any]:
    """Return a point of the grid as parameters."""
    setting = tried.setting
    return {
        "method": "hdbscan",
        "cluster_share": setting.cluster_share,
        "min_samples": setting.min_samples,
        "selection_method": setting.selection_method,
    }


def _table(baselines: list[Baseline]) -> pl.DataFrame:
    """Return one row a method and number of segments; empty where a number was not taken."""
    rows = [{"method": b.method, "segments": b.segments, **b.metrics} for b in baselines]
    return pl.DataFrame(rows, infer_schema_length=None).sort("method", "segments")

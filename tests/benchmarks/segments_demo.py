"""The demo's customers, month by month: what is proven, and what the best clusters are like."""

from collections import Counter

import numpy as np
import polars as pl

from include.settings import Settings
from include.warehouse import connect, read_query
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.fit import Fitted, fit
from models_ml.segmentation.profile import TRAIT_COLUMNS
from tests.benchmarks.figures import Figure
from tests.benchmarks.segments_figure import Sizes


def demo(sizes: Sizes) -> list[Figure]:
    """Fit the demo's customers as they stood month by month; nothing without a demo in the home."""
    file = Settings.from_env().marts
    if not file.exists():
        return [Figure(name="the demo's customers", value=0, unit="months", detail="run make demo")]
    config = SegmentationConfig()
    columns = ", ".join(dict.fromkeys(["snapshot_date", "customer_id", *_columns(config)]))
    with connect(file, read_only=True) as connection:
        months = read_query(connection, f"SELECT {columns} FROM marts.mart_churn_training")
    fits = [
        fit(months.filter(pl.col("snapshot_date") == day), config)
        for day in months["snapshot_date"].unique().sort()[-sizes.months :]
    ]
    names = ("segments", "coverage", "silhouette", "stability")
    return [_proven(fits), *(_demo_figure(name, fits) for name in names)]


def _proven(fits: list[Fitted]) -> Figure:
    """Return in how many months structure was proven, and what the others were refused for."""
    why = Counter(fitted.refusal.partition(":")[0] for fitted in fits if fitted.refusal)
    return Figure(
        name="the demo, month by month: months proven",
        value=sum(fitted.model is not None for fitted in fits),
        unit=f"of {len(fits)}",
        detail="; ".join(f"{reason}: {count}" for reason, count in why.items())
        + ("; RFM rules stand in" if why else ""),
    )


def _demo_figure(name: str, fits: list[Fitted]) -> Figure:
    """Return one number of every month's best clusters, proven or (in brackets) not."""
    best = [(f.model is not None, f.search.chosen if f.search else None) for f in fits]
    values = [found.metrics[name] for _, found in best if found is not None]
    told = [
        "-"
        if found is None
        else f"{found.metrics[name]:.2f}"
        if is_proven
        else f"({found.metrics[name]:.2f})"
        for is_proven, found in best
    ]
    return Figure(
        name=f"the demo, month by month: {name} of the best clusters, median",
        value=float(np.median(values)) if values else 0.0,
        unit="",
        detail=f"in brackets where not proven: {', '.join(told)}",
    )


def _columns(config: SegmentationConfig) -> list[str]:
    """Return the mart's columns that a fit reads."""
    return [*(f.column for f in config.features), config.stratify_by, *TRAIT_COLUMNS]

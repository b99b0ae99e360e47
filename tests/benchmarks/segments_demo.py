"""The demo's customers, month by month: what is proven, the best clusters, and what is shown.

Every month is seen as the morning of its first day saw it: the marts are built anew, as of that
day, beside the home. The first year of data has few days before its first months (February: 31),
so that windows of 90 days and of a year are as long as the data there.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
from sklearn.metrics import adjusted_rand_score

from include import transform
from include.settings import Settings
from include.warehouse import connect, make_private_folder
from models_ml.mart import FEATURES, read_customers
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.fit import Fitted, fit
from models_ml.segmentation.nearest import label_everyone
from models_ml.segmentation.quality import silhouettes
from tests.benchmarks.figures import Figure
from tests.benchmarks.segments_figure import Sizes

BUILD = "build --resource-type model seed --select +mart_customer_features +mart_customer_rfm"


@dataclass(frozen=True, kw_only=True)
class Month:
    """One month's fit; ``groups`` is each customer's cluster (null: no fit) and RFM segment."""

    fitted: Fitted
    groups: pl.DataFrame
    rfm_silhouette: float


def demo(sizes: Sizes) -> list[Figure]:
    """Fit the demo's customers as they stood month by month; nothing without a demo in the home."""
    settings = Settings.from_env()
    if not (settings.raw.exists() and settings.marts.exists()):
        return [Figure(name="the demo's customers", value=0, unit="months", detail="run make demo")]
    logging.getLogger("include").setLevel(logging.ERROR)
    with connect(settings.marts, read_only=True) as connection:
        [(last,)] = connection.execute(f"SELECT max(as_of) FROM {FEATURES}").fetchall()
    with TemporaryDirectory() as folder:
        beside = settings.model_copy(update={"home": Path(folder)})
        make_private_folder(beside.raw.parent)
        copyfile(settings.raw, beside.raw)
        seen = [_month(day, beside) for day in _firsts(last, sizes.months)]
    names = ("segments", "coverage", "silhouette", "stability")
    return [
        _proven(seen),
        *(_best(name, seen) for name in names),
        _agreement(seen),
        *_shown(seen),
    ]


def _firsts(last: date, months: int) -> list[date]:
    """Return the last firsts of months up to ``last``, oldest first."""
    found = [last.replace(day=1)]
    while len(found) < months:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[::-1]


def _month(day: date, settings: Settings) -> Month:
    """Build the marts as of ``day``, and fit who had ordered before it."""
    built = transform.invoke(BUILD.split(), as_of=day.isoformat(), settings=settings)
    transform.summarise(built)  # raises where a model failed
    with connect(settings.marts, read_only=True) as connection:
        customers = read_customers(connection, as_of=day)
    fitted = fit(customers, SegmentationConfig())
    if fitted.sample is None or fitted.matrix is None:
        raise RuntimeError(f"The demo's customers of {day} cannot be fitted: {fitted.refusal}")
    chosen = fitted.search.chosen if fitted.search else None
    clusters = None if chosen is None else label_everyone(fitted.matrix, chosen.labels)
    groups = fitted.sample.select(
        "customer_id",
        pl.Series("cluster", clusters, dtype=pl.Int64) if chosen else pl.lit(None).alias("cluster"),
        pl.col("rfm_segment"),
    )
    by_rule = groups["rfm_segment"].rank("dense").to_numpy().astype(np.int64) - 1
    return Month(
        fitted=fitted, groups=groups, rfm_silhouette=silhouettes(fitted.matrix, [by_rule])[0]
    )


def _proven(seen: list[Month]) -> Figure:
    """Return in how many months structure was proven, and what the others were refused for."""
    fits = [month.fitted for month in seen]
    why = Counter(fitted.refusal.partition(":")[0] for fitted in fits if fitted.refusal)
    scores = ", ".join(
        f"{fitted.structure.score:.2f}/{max(fitted.structure.null_scores):.2f}"
        if fitted.structure and fitted.structure.null_scores
        else "-"
        for fitted in fits
    )
    return Figure(
        name="the demo, month by month: months proven",
        value=sum(fitted.model is not None for fitted in fits),
        unit=f"of {len(fits)}",
        detail="; ".join(f"{reason}: {count}" for reason, count in why.items())
        + f"; the company's score/the best null company's: {scores}",
    )


def _best(name: str, seen: list[Month]) -> Figure:
    """Return one number of every month's best clusters, proven or (in brackets) not."""
    best = [(m.fitted.model, m.fitted.search.chosen if m.fitted.search else None) for m in seen]
    values = [found.metrics[name] for _, found in best if found is not None]
    told = [
        "-" if found is None else _told(found.metrics[name], is_proven=model is not None)
        for model, found in best
    ]
    return Figure(
        name=f"the demo, month by month: {name} of the best clusters, median",
        value=float(np.median(values)) if values else 0.0,
        unit="",
        detail=f"in brackets where not proven: {', '.join(told)}",
    )


def _told(value: float, *, is_proven: bool) -> str:
    return f"{value:.2f}" if is_proven else f"({value:.2f})"


def _agreement(seen: list[Month]) -> Figure:
    """Say how far one month's best clusters put the same customers together as the next one's."""
    pairs = list(_common(seen, "cluster"))
    values = [adjusted_rand_score(one, other) for one, other in pairs if len(one)]
    told = [f"{adjusted_rand_score(one, other):.2f}" if len(one) else "-" for one, other in pairs]
    return Figure(
        name="the demo: agreement of the best clusters from month to month, median",
        value=float(np.median(values)) if values else 0.0,
        unit="ARI",
        detail=", ".join(told),
    )


def _shown(seen: list[Month]) -> list[Figure]:
    """Describe the RFM segments, which are what people see where nothing is proven."""
    kept = [float((one == other).mean()) for one, other in _common(seen, "rfm_segment")]
    segments = [month.groups["rfm_segment"].n_unique() for month in seen]
    covered = [1 - month.groups["rfm_segment"].null_count() / month.groups.height for month in seen]
    silhouette = [month.rfm_silhouette for month in seen]
    return [
        Figure(
            name="the demo: customers who keep their RFM segment from month to month, median",
            value=float(np.median(kept)),
            unit="share",
            detail=", ".join(f"{share:.2f}" for share in kept),
        ),
        Figure(
            name="the demo: silhouette of the RFM segments, on the clusters' features, median",
            value=float(np.median(silhouette)),
            unit="",
            detail=f"{min(segments)} to {max(segments)} segments; {min(covered):.0%} of customers "
            "have one in the month with fewest",
        ),
    ]


def _common(seen: list[Month], column: str) -> Iterable[tuple[np.ndarray, np.ndarray]]:
    """Yield, for each month and the next, the groups of the customers who are in one in both."""
    for before, after in pairwise(seen):
        both = (
            before.groups.join(after.groups, on="customer_id")
            .drop_nulls([column, f"{column}_right"])
            .sort("customer_id")
        )
        yield both[column].to_numpy(), both[f"{column}_right"].to_numpy()

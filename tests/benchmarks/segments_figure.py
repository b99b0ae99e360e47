"""What the benchmark of segments measures, and at which sizes."""

from dataclasses import dataclass, replace

from models_ml.segmentation.config import SegmentationConfig
from tests.benchmarks.figures import Figure
from tests.benchmarks.segments_data import CONFIG


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many customers, and how often."""

    whole: int  # beside K-means
    beside_hdbscan: int
    growth: tuple[int, ...]
    truth: int
    stable: int
    newcomer_draws: int
    months: int
    companies: int
    company: int
    choice: int
    kinds: int
    config: SegmentationConfig = CONFIG


FULL = Sizes(
    whole=1_000_000,
    beside_hdbscan=100_000,
    growth=(10_000, 100_000, 1_000_000),
    truth=50_000,
    stable=20_000,
    newcomer_draws=5,
    months=12,
    companies=20,
    company=5_000,
    choice=3_000,
    kinds=8,
)
SMALL = Sizes(
    whole=5_000,
    beside_hdbscan=2_000,
    growth=(1_000, 10_000),
    truth=1_500,
    stable=2_000,
    newcomer_draws=1,
    months=2,
    companies=2,
    company=1_000,
    choice=600,
    kinds=6,
    config=replace(CONFIG, min_samples=(5,), stability_splits=1, null_companies=2),
)


def at_least(name: str, value: float, bound: float, *, unit: str, detail: str = "") -> Figure:
    """Return a figure that should reach ``bound``."""
    return Figure(
        name=name,
        value=round(value, 5),
        unit=unit,
        target=f">= {bound}",
        holds=value >= bound,
        detail=detail,
    )


def at_most(name: str, value: float, bound: float, *, unit: str, detail: str = "") -> Figure:
    """Return a figure that should stay within ``bound``."""
    return Figure(
        name=name,
        value=round(value, 5),
        unit=unit,
        target=f"<= {bound}",
        holds=value <= bound,
        detail=detail,
    )

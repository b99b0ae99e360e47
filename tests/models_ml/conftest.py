"""A small company with planted groups, its marts in a real DuckDB, and one real MLflow store."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from include.warehouse import connect
from models_ml.churn.config import FEATURES
from models_ml.segmentation.config import SegmentationConfig
from models_ml.tracking import Tracker

GROUPS = ("big coupon users", "big", "small", "gone")
SIZE = 120

# One fit, and no proof of structure: for tests of what comes after a fit. The proof has its own.
QUICK = SegmentationConfig(
    cluster_shares=(0.04,),
    min_samples=(5,),
    selection_methods=("eom",),
    stability_splits=1,
    null_companies=1,
    null_margin=-2.0,
    max_segments=5,
)

Company = Callable[..., pl.DataFrame]
Marts = Callable[..., Path]


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    """One MLflow store a session: creating its tables takes seconds."""
    folder = tmp_path_factory.mktemp("mlflow")
    return Tracker(f"sqlite:///{folder / 'mlflow.db'}", folder=folder)


@pytest.fixture
def fresh_store(store: Tracker) -> Tracker:
    """The session's store, without the registered models and experiments of the tests before."""
    client = store._client  # noqa: SLF001 - only MLflow itself can empty its registry
    for model in client.search_registered_models():
        client.delete_registered_model(model.name)
    return store


@pytest.fixture(scope="session")
def company() -> Company:
    """Return a maker of customers in four groups that differ plainly, in one row each."""

    def make(*, as_of: date = date(2025, 3, 1), seed: int = 1, size: int = SIZE) -> pl.DataFrame:
        random = np.random.default_rng(seed)
        group = np.repeat(np.arange(len(GROUPS)), size)
        count = group.size

        def around(*centres: float, spread: float = 0.1) -> np.ndarray:
            drawn = np.exp(random.normal(np.log(centres)[group], spread))
            return np.asarray(drawn, dtype=np.float64)

        known = {
            "recency_days": around(2, 4, 9, 70).round(),
            "orders_90d": around(25, 15, 4, 1).round(),
            "spend_30d_amount": around(400, 200, 20, 0.5),
            "spend_365d_amount": around(4_000, 2_000, 300, 200),
            "average_order_amount": around(40, 30, 20, 18),
            "coupon_share": around(0.09, 0.001, 0.001, 0.03),
            "coupons_redeemed_90d": around(8, 1e-9, 1e-9, 1e-9).round(),
            "discount_share": around(0.2, 0.15, 0.15, 0.15),
            "tenure_days": around(300, 300, 300, 300),
        }
        others = {name: random.random(count) for name in FEATURES if name not in known}
        ids = [f"c{n:05d}" for n in range(count)]
        return pl.DataFrame(
            {"as_of": [as_of] * count, "customer_id": ids, **known, **others}
        ).select("as_of", "customer_id", *FEATURES)

    return make


@pytest.fixture
def marts(tmp_path: Path) -> Marts:
    """Return a writer of the marts that the models read."""

    def write(customers: pl.DataFrame, training: pl.DataFrame | None = None) -> Path:
        warehouse = tmp_path / "warehouse" / "tessera.duckdb"
        rfm = customers.select(
            "as_of",
            "customer_id",
            "recency_days",
            pl.col("orders_90d").alias("frequency_orders"),
            pl.col("spend_365d_amount").alias("monetary_amount"),
            pl.when(pl.col("recency_days") > 30)
            .then(pl.lit("Lost"))
            .otherwise(pl.lit("Champions"))
            .alias("rfm_segment"),
        )
        tables = {"mart_customer_features": customers, "mart_customer_rfm": rfm}
        if training is not None:
            tables["mart_churn_training"] = training
        with connect(warehouse) as connection:
            connection.execute("CREATE SCHEMA IF NOT EXISTS marts")
            for name, rows in tables.items():
                connection.register("_rows", rows)
                connection.execute(f"CREATE OR REPLACE TABLE marts.{name} AS FROM _rows")
                connection.unregister("_rows")
        return warehouse

    return write


@pytest.fixture(scope="session")
def history() -> Callable[..., pl.DataFrame]:
    """Return a maker of monthly snapshots in which long silence and few orders lead to churn."""

    def make(
        months: tuple[date, ...] = (date(2024, 10, 1), date(2024, 11, 1), date(2024, 12, 1)),
        *,
        size: int = 400,
        seed: int = 1,
    ) -> pl.DataFrame:
        random = np.random.default_rng(seed)
        frames = []
        for month in months:
            features = {name: random.random(size) for name in FEATURES}
            features["recency_days"] = random.integers(1, 90, size).astype(np.float64)
            risk = features["recency_days"] / 30 - 4 * features["orders_90d"]
            churned = random.random(size) < 1 / (1 + np.exp(-risk))
            ids = [f"c{n:05d}" for n in range(size)]
            frames.append(
                pl.DataFrame(
                    {
                        "snapshot_date": [month] * size,
                        "customer_id": ids,
                        **features,
                        "has_churned": churned,
                    }
                )
            )
        return pl.concat(frames)

    return make

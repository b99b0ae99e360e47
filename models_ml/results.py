"""Results: what a model's day looks like in ``ml.*``; two models share some of the tables."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from include.warehouse import Connection, has_table, literal, read_table, replace_day
from models_ml.tracking import Version

VALUE = pl.Decimal(18, 6)

METRICS = "ml.model_metrics"
IMPORTANCE = "ml.feature_importance"
VERSIONS = "ml.model_versions"


def write_metrics(
    connection: Connection, values: Mapping[str, float], *, model: str, version: str, as_of: date
) -> None:
    """Make ``values`` the model's metrics of the day."""
    rows = _long(values, name="metric", value="value", model=model, version=version, as_of=as_of)
    _replace_model_day(connection, METRICS, rows, model=model, as_of=as_of)


def write_importance(
    connection: Connection, values: Mapping[str, float], *, model: str, version: str, as_of: date
) -> None:
    """Make ``values`` the weight of each feature on the day."""
    rows = _long(
        values, name="feature", value="importance", model=model, version=version, as_of=as_of
    )
    _replace_model_day(connection, IMPORTANCE, rows, model=model, as_of=as_of)


def write_version(
    connection: Connection, version: Version | None, *, model: str, as_of: date
) -> None:
    """Say which registered version made the day's rows; none where rules did."""
    known = [] if version is None else [version]
    rows = pl.DataFrame(
        {
            "as_of": [as_of for _ in known],
            "model": [model for _ in known],
            "model_version": [v.name for v in known],
            "mlflow_run_id": [v.run_id for v in known],
            "trained_as_of": [v.trained_as_of for v in known],
            "data_digest": [v.data_digest for v in known],
            "artifact_sha256": [v.artifact_sha256 for v in known],
        },
        schema={
            "as_of": pl.Date,
            "model": pl.String,
            "model_version": pl.String,
            "mlflow_run_id": pl.String,
            "trained_as_of": pl.Date,
            "data_digest": pl.String,
            "artifact_sha256": pl.String,
        },
    )
    _replace_model_day(connection, VERSIONS, rows, model=model, as_of=as_of)


def _long(  # noqa: PLR0913 - by keyword
    values: Mapping[str, float], *, name: str, value: str, model: str, version: str, as_of: date
) -> pl.DataFrame:
    """Return one row a value."""
    return pl.DataFrame(
        {name: list(values), value: list(values.values())},
        schema={name: pl.String, value: pl.Float64},
    ).select(
        pl.lit(as_of).alias("as_of"),
        pl.lit(model).alias("model"),
        pl.lit(version).alias("model_version"),
        name,
        pl.col(value).round(6).cast(VALUE),
    )


def _replace_model_day(
    connection: Connection, table: str, rows: pl.DataFrame, *, model: str, as_of: date
) -> None:
    """Replace one model's rows of the day, and leave the other's as they are."""
    if has_table(connection, table):
        others = f"as_of = {literal(as_of)} AND model <> {literal(model)}"
        kept = read_table(connection, table, where=others)
        rows = pl.concat([kept, rows.select(kept.columns)])
    replace_day(connection, table, rows, as_of=as_of)

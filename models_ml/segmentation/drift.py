"""Drift: how far today's customers are from those a model learned from, by feature. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from models_ml.segmentation.features import Matrix

BINS = 10
FLOOR = 0.001  # an empty bin would make the index infinite
DIGITS = 6

Reference = Mapping[str, Mapping[str, Sequence[float]]]


def take_reference(customers: pl.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """Return each column's distribution: edges of its tenths, and the share of customers in each.

    Equal edges are one edge, so a column that is mostly zero has its zeros in a bin of their own.
    The last share is that of customers of whom the value is not known. Holds no customer's row.
    """
    found: dict[str, Any] = {}
    for column in columns:
        values = _values(customers, column)
        known = values[~np.isnan(values)]
        inner = np.quantile(known, np.linspace(0, 1, BINS + 1)[:-1]) if known.size else known
        edges = np.unique(np.round(inner, DIGITS))
        found[column] = {"edges": edges.tolist(), "shares": _shares(values, edges).tolist()}
    return found


def measure_drift(reference: Reference, customers: pl.DataFrame) -> dict[str, float]:
    """Return each column's population stability index against ``reference``; 0 is no change.

    PSI is the sum over bins of (now - then) ln(now / then) of their shares (Siddiqi, 2006, "Credit
    Risk Scorecards"): above 0.1 is a shift, above 0.2 another population. A column that customers
    no longer have is left out.
    """
    drift = {}
    for column, known in reference.items():
        if column in customers.columns:
            then = np.maximum(np.array(known["shares"]), FLOOR)
            now = _shares(_values(customers, column), np.array(known["edges"]))
            now = np.maximum(now, FLOOR)
            drift[column] = round(float(((now - then) * np.log(now / then)).sum()), DIGITS)
    return drift


def _values(customers: pl.DataFrame, column: str) -> Matrix:
    """Return a column as numbers, rounded as the edges are; null becomes NaN."""
    values: Matrix = customers[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return np.round(values, DIGITS)


def _shares(values: Matrix, edges: Matrix) -> Matrix:
    """Return the share of values below the first edge, from each edge on, and of the unknown."""
    unknown = np.isnan(values)
    bins = np.searchsorted(edges, values[~unknown], side="right")
    counts = np.append(np.bincount(bins, minlength=len(edges) + 1), unknown.sum())
    shares: Matrix = np.round(counts / max(len(values), 1), DIGITS)
    return shares

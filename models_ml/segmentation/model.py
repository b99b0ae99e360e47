"""Model: a fitted segmentation as a value, and as native files without a pickle.

The files hold means of several customers' scaled features, medians and spreads: no id, and no row
of anyone.
"""

import dataclasses
import io
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from models_ml.package import Package
from models_ml.segmentation.assign import Assignment, Cores, assign
from models_ml.segmentation.config import Feature, NoisePolicy
from models_ml.segmentation.features import Matrix
from models_ml.segmentation.profile import likeness
from models_ml.segmentation.scaling import Scaler

ARRAYS = "segments.npz"
FORMAT = 2  # of the files; raised when what is in them changes


class OutdatedModelError(RuntimeError):
    """The model's files are whole, but of a form that this code no longer reads."""


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A segment as people know it."""

    segment_id: str
    name: str
    description: str
    suggested_action: str


@dataclass(frozen=True, kw_only=True)
class SegmentModel:
    """All that scoring needs: how to scale, where the segments are, what they are called."""

    scaler: Scaler
    cores: Cores
    axes: Matrix  # traits by 2: the directions of the picture
    segments: tuple[Segment, ...]
    next_id: int
    noise_policy: NoisePolicy
    map_customers: int
    metrics: dict[str, float]
    importance: dict[str, float]
    reference: dict[str, Any] = field(default_factory=dict)  # what it learned from: drift.py
    tree: list[dict[str, Any]] = field(default_factory=list)  # the fit, cut: condensed.py

    def assign(self, customers: pl.DataFrame) -> Assignment:
        """Give each customer a segment."""
        matrix = self.scaler.scale(customers)
        return assign(self.cores, matrix, noise_policy=self.noise_policy)

    def picture(self, customers: pl.DataFrame) -> Matrix:
        """Return where the picture shows each customer."""
        return np.round(likeness(customers) @ self.axes, 4)


def picture_axes(customers: pl.DataFrame) -> Matrix:
    """Return the two directions in which customers' traits differ most (PCA), with a fixed sign."""
    traits = likeness(customers)
    centred = traits - traits.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)  # the widest come last
    axes = directions[:, :-3:-1]
    largest = axes[np.abs(axes).argmax(axis=0), range(axes.shape[1])]
    turned: Matrix = np.round(axes * np.where(largest < 0, -1, 1), 9)
    return turned


def pack(model: SegmentModel, *, trained_as_of: date) -> Package:
    """Return the model's files."""
    arrays = io.BytesIO()
    turned: dict[str, Any] = {} if model.scaler.axes is None else {"scaler_axes": model.scaler.axes}
    np.savez_compressed(
        arrays,
        centre=model.scaler.centre,
        spread=model.scaler.spread,
        missing=model.scaler.missing,
        **turned,
        points=model.cores.points,
        segment=model.cores.segment,
        reach=model.cores.reach,
        axes=model.axes,
    )
    facts: dict[str, Any] = {
        "format": FORMAT,
        "features": [dataclasses.asdict(feature) for feature in model.scaler.features],
        "clip": model.scaler.clip,
        "firm_strength": model.cores.firm_strength,
        "segments": [dataclasses.asdict(segment) for segment in model.segments],
        "next_id": model.next_id,
        "noise_policy": model.noise_policy,
        "map_customers": model.map_customers,
        "metrics": model.metrics,
        "importance": model.importance,
        "reference": model.reference,
        "tree": model.tree,
    }
    return Package(trained_as_of=trained_as_of, facts=facts, files={ARRAYS: arrays.getvalue()})


def unpack(package: Package) -> SegmentModel:
    """Return the model in ``package``, whose bytes have been checked.

    Raises:
        OutdatedModelError: an earlier version of this code wrote it.
    """
    facts = package.facts
    if facts.get("format") != FORMAT:
        raise OutdatedModelError(
            f"The model {package.version} was written by an earlier version of this code and "
            "cannot be read. The next training replaces it."
        )
    with np.load(io.BytesIO(package.files[ARRAYS]), allow_pickle=False) as arrays:
        return SegmentModel(
            scaler=Scaler(
                features=tuple(Feature(**feature) for feature in facts["features"]),
                centre=arrays["centre"],
                spread=arrays["spread"],
                clip=facts["clip"],
                missing=arrays["missing"],
                axes=arrays.get("scaler_axes"),
            ),
            cores=Cores(
                points=arrays["points"],
                segment=arrays["segment"],
                reach=arrays["reach"],
                firm_strength=facts["firm_strength"],
            ),
            axes=arrays["axes"],
            segments=tuple(Segment(**segment) for segment in facts["segments"]),
            next_id=facts["next_id"],
            noise_policy=facts["noise_policy"],
            map_customers=facts["map_customers"],
            metrics=facts["metrics"],
            importance=facts["importance"],
            reference=facts["reference"],
            tree=facts["tree"],
        )

"""Assign: every customer to a segment by the nearest core points, in one go of vectors. Pure."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from models_ml.segmentation.cluster import Labels
from models_ml.segmentation.config import NoisePolicy, SegmentationConfig
from models_ml.segmentation.features import Matrix

UNSEGMENTED = -1


@dataclass(frozen=True, kw_only=True)
class Cores:
    """What is kept of the fit: points in dense places, their segment, and each one's reach.

    Points are scaled features of some customers, without their ids: exemplars, not rows.
    """

    points: Matrix
    segment: Labels  # 0, 1, … by position in the model's list of segments
    reach: Matrix  # one a segment
    neighbours: int


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One entry a customer: the segment, how firmly, and whether that is a mere best guess.

    ``distance`` has a column a segment: how far each customer is from it, in scaled units.
    """

    segment: Labels
    strength: Matrix
    is_weak: npt.NDArray[np.bool_]
    distance: Matrix


def keep_cores(matrix: Matrix, labels: Labels, config: SegmentationConfig) -> Cores:
    """Choose the core points of each segment, and learn how far its members lie from them."""
    chosen = np.concatenate([_choose(labels, s, config) for s in range(labels.max() + 1)])
    points, segment = matrix[chosen], labels[chosen]
    unmeasured = np.zeros(labels.max() + 1)
    cores = Cores(
        points=points, segment=segment, reach=unmeasured, neighbours=config.core_neighbours
    )
    distance = distances(cores, matrix)
    reach = [
        np.quantile(distance[labels == s, s], config.reach_quantile)
        for s in range(labels.max() + 1)
    ]
    return Cores(
        points=points,
        segment=segment,
        reach=np.round(np.array(reach), 9),
        neighbours=config.core_neighbours,
    )


def assign(cores: Cores, matrix: Matrix, *, noise_policy: NoisePolicy) -> Assignment:
    """Give each row the segment whose core points are nearest.

    Strength is 0 on the border of two segments or far from all, and 1 in the midst of one:
    (other - own) / (other + own) of the distances to the own and the next nearest segment.
    Weak is who lies farther out than a segment's members do.
    """
    distance = distances(cores, matrix)
    rows = np.arange(len(matrix))
    segment = distance.argmin(axis=1).astype(np.int64)
    own = distance[rows, segment]
    other = np.partition(distance, 1, axis=1)[:, 1]
    strength = (other - own) / np.maximum(other + own, 1e-12)
    is_weak = own > cores.reach[segment]
    if noise_policy == "unsegmented":
        segment = np.where(is_weak, UNSEGMENTED, segment)
        strength = np.where(is_weak, 0.0, strength)
    return Assignment(
        segment=segment, strength=np.round(strength, 4), is_weak=is_weak, distance=distance
    )


def distances(cores: Cores, matrix: Matrix) -> Matrix:
    """Return rows by segments: the distance to the k-th nearest core point of each segment."""
    columns = []
    for segment in range(len(cores.reach)):
        points = cores.points[cores.segment == segment]
        k = min(cores.neighbours, len(points))
        found, _ = cKDTree(points).query(matrix, k=[k])
        columns.append(found[:, 0])
    return np.round(np.column_stack(columns), 9)


def _choose(labels: Labels, segment: int, config: SegmentationConfig) -> Labels:
    """Return at most ``max_core_points`` positions of a segment's members, evenly spread."""
    members = np.flatnonzero(labels == segment)
    if len(members) <= config.max_core_points:
        return members
    steps = np.linspace(0, len(members) - 1, config.max_core_points).round().astype(np.int64)
    found: Labels = members[steps]
    return found

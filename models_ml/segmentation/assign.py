"""Assign: every customer to a segment by the nearest core points, in one go of vectors. Pure."""

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2

from models_ml.segmentation.config import NoisePolicy, SegmentationConfig
from models_ml.segmentation.features import DIGITS, Matrix
from models_ml.segmentation.nearest import group_distances
from models_ml.segmentation.tree import Labels

UNSEGMENTED = -1
ROUNDS = 10  # of k-means inside a segment; more moves nothing that matters


@dataclass(frozen=True, kw_only=True)
class Cores:
    """What is kept of the fit: where each segment's dense places are, and how far it reaches.

    ``points`` are means of several customers' scaled features: no row of anyone.
    """

    points: Matrix
    segment: Labels  # 0, 1, … by position in the model's list of segments
    reach: Matrix  # one a segment
    firm_strength: float


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One entry a customer: the segment, how firmly, and whether that is a mere best guess.

    ``distance`` has a column a segment: how far each customer is from it, in scaled units.
    """

    segment: Labels
    strength: Matrix
    is_weak: npt.NDArray[np.bool_]
    distance: Matrix

    @property
    def membership(self) -> Matrix:
        """Each customer's share in every segment (customers by segments, rows add up to 1).

        Inverse squares of the distances, as in fuzzy c-means with exponent 2 (Bezdek, 1981).
        """
        inverse = 1 / np.maximum(self.distance, 10.0**-DIGITS) ** 2
        shares: Matrix = inverse / inverse.sum(axis=1, keepdims=True)
        return shares


def keep_cores(matrix: Matrix, labels: Labels, config: SegmentationConfig) -> Cores:
    """Describe each segment by means of its members, and learn how far they lie from those."""
    count = int(labels.max()) + 1
    parts = [_condense(matrix[labels == s], config) for s in range(count)]
    points: Matrix = np.concatenate(parts).round(DIGITS).astype(np.float64)
    segment = np.repeat(np.arange(count), [len(part) for part in parts])
    distance = group_distances(matrix, points, segment, count)
    reach = [np.quantile(distance[labels == s, s], config.reach_quantile) for s in range(count)]
    return Cores(
        points=points,
        segment=segment,
        reach=np.round(np.array(reach), DIGITS),
        firm_strength=config.firm_strength,
    )


def assign(cores: Cores, matrix: Matrix, *, noise_policy: NoisePolicy) -> Assignment:
    """Give each row the segment whose core points are nearest.

    Strength is 0 on the border of two segments or far from all, and 1 in the midst of one:
    (other - own) / (other + own) of the distances to the own and the next nearest segment.
    Weak is who lies farther out than a segment's members do, or on a border.
    """
    distance = distances(cores, matrix)
    segment = distance.argmin(axis=1).astype(np.int64)
    nearest = np.partition(distance, 1, axis=1)
    own, other = nearest[:, 0], nearest[:, 1]
    strength = (other - own) / np.maximum(other + own, 1e-12)
    is_weak = (own > cores.reach[segment]) | (strength < cores.firm_strength)
    if noise_policy == "unsegmented":
        segment = np.where(is_weak, UNSEGMENTED, segment)
        strength = np.where(is_weak, 0.0, strength)
    return Assignment(
        segment=segment, strength=np.round(strength, 4), is_weak=is_weak, distance=distance
    )


def distances(cores: Cores, matrix: Matrix) -> Matrix:
    """Return rows by segments: the distance to the nearest core point of each segment."""
    found = group_distances(matrix, cores.points, cores.segment, len(cores.reach))
    return np.round(found, DIGITS - 2)  # a square root doubles what rounding leaves near zero


def _condense(members: Matrix, config: SegmentationConfig) -> Matrix:
    """Return the means of a segment's neighbourhoods, those of a few customers left out.

    k-means from evenly spread members, so that it is the same whenever the members are.
    """
    count = max(1, min(config.max_core_points, len(members) // (2 * config.customers_per_core)))
    starts = members[np.linspace(0, len(members) - 1, count).round().astype(np.int64)]
    starts = np.unique(starts, axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a start that nobody is nearest to is dropped below
        means, place = kmeans2(members, starts, iter=ROUNDS, minit="matrix")
    sizes = np.bincount(place, minlength=len(means))
    kept = sizes >= min(config.customers_per_core, sizes.max())
    found: Matrix = means[kept]
    return found

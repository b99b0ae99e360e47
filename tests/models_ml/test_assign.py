"""Assignment: everyone gets a segment, or an honest 'none'; strength is between 0 and 1."""

import numpy as np

from models_ml.segmentation.assign import UNSEGMENTED, assign, keep_cores
from models_ml.segmentation.config import SegmentationConfig

CONFIG = SegmentationConfig()
RANDOM = np.random.default_rng(1)
LEFT = RANDOM.normal(loc=(0, 0), scale=0.1, size=(50, 2))
RIGHT = RANDOM.normal(loc=(5, 0), scale=0.1, size=(50, 2))
MATRIX = np.vstack([LEFT, RIGHT])
CORES = keep_cores(MATRIX, np.repeat([0, 1], 50), CONFIG)

MIDST = np.array([[0.0, 0.0]])
BORDER = np.array([[2.5, 0.0]])
FAR = np.array([[0.0, 50.0]])


def test_members_keep_their_segment_and_are_firm() -> None:
    found = assign(CORES, MATRIX, noise_policy="nearest")

    assert found.segment.tolist() == [0] * 50 + [1] * 50
    assert found.is_weak.mean() <= 0.04
    assert found.strength.min() > 0.9


def test_strength_falls_to_nothing_on_the_border_and_far_away() -> None:
    found = assign(CORES, np.vstack([MIDST, BORDER, FAR]), noise_policy="nearest")

    assert found.strength[0] > 0.95
    assert found.strength[1] < 0.1
    assert found.strength[2] < 0.1
    assert ((found.strength >= 0) & (found.strength <= 1)).all()


def test_noise_goes_to_the_nearest_and_is_flagged() -> None:
    found = assign(CORES, np.vstack([MIDST, FAR]), noise_policy="nearest")

    assert found.segment.tolist() == [0, 0]
    assert found.is_weak.tolist() == [False, True]


def test_noise_stays_unsegmented_where_the_policy_says_so() -> None:
    found = assign(CORES, np.vstack([MIDST, FAR]), noise_policy="unsegmented")

    assert found.segment.tolist() == [0, UNSEGMENTED]
    assert found.strength[1] == 0


def test_only_so_many_core_points_are_kept() -> None:
    few = keep_cores(MATRIX, np.repeat([0, 1], 50), SegmentationConfig(max_core_points=10))

    assert np.bincount(few.segment).tolist() == [10, 10]
    assert assign(few, MATRIX, noise_policy="nearest").segment.tolist() == [0] * 50 + [1] * 50

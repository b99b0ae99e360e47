"""Assignment: everyone gets a segment, or an honest 'none'; strength is between 0 and 1."""

import numpy as np
import pytest

from models_ml.segmentation import nearest
from models_ml.segmentation.assign import UNSEGMENTED, assign, keep_cores
from models_ml.segmentation.config import SegmentationConfig
from models_ml.segmentation.nearest import group_distances

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
    found = assign(CORES, np.vstack([MIDST, FAR, BORDER]), noise_policy="nearest")

    assert found.segment.tolist()[:2] == [0, 0]
    assert found.is_weak.tolist() == [False, True, True]


def test_noise_stays_unsegmented_where_the_policy_says_so() -> None:
    found = assign(CORES, np.vstack([MIDST, FAR]), noise_policy="unsegmented")

    assert found.segment.tolist() == [0, UNSEGMENTED]
    assert found.strength[1] == 0


def test_membership_is_shared_out_and_follows_the_distance() -> None:
    found = assign(CORES, np.vstack([MIDST, BORDER]), noise_policy="nearest").membership

    assert found.sum(axis=1) == pytest.approx([1, 1])
    assert found[0, 0] > 0.99
    assert found[1] == pytest.approx([0.5, 0.5], abs=0.05)


def test_a_core_point_is_the_mean_of_several_members_and_nobodys_row() -> None:
    few = keep_cores(MATRIX, np.repeat([0, 1], 50), SegmentationConfig(max_core_points=4))

    assert 1 <= np.bincount(few.segment).min() <= np.bincount(few.segment).max() <= 4
    rows = {tuple(row) for row in MATRIX.round(9).tolist()}
    assert not rows & {tuple(point) for point in few.points.tolist()}
    assert assign(few, MATRIX, noise_policy="nearest").segment.tolist() == [0] * 50 + [1] * 50


def test_distances_are_those_to_the_nearest_point_of_each_group_in_any_order() -> None:
    points = RANDOM.normal(size=(40, 3))
    known = RANDOM.normal(size=(9, 3))
    group = np.array([2, 0, 1, 0, 2, 1, 1, 0, 2])

    plain = np.linalg.norm(points[:, None] - known[None], axis=2)
    expected = np.column_stack([plain[:, group == g].min(axis=1) for g in range(3)])

    assert group_distances(points, known, group, 3) == pytest.approx(expected)


def test_many_blocks_are_put_together_and_threads_change_no_digit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points, known = RANDOM.normal(size=(3_000, 4)), RANDOM.normal(size=(60, 4))
    group = np.arange(60) % 5
    whole = group_distances(points, known, group, 5)

    monkeypatch.setattr(nearest, "BLOCK_VALUES", 60 * 128)
    in_blocks = group_distances(points, known, group, 5)
    monkeypatch.setattr(nearest, "THREADS", 1)

    assert in_blocks == pytest.approx(whole)
    assert group_distances(points, known, group, 5).tolist() == in_blocks.tolist()

"""Condensed: HDBSCAN's condensed tree as a few groups that a picture and a model file hold. Pure.

Density rises from the root to the leaves; a node is a group of customers that stays together from
the density at which it split off (``birth``) to the one at which it splits or ends (``death``).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from models_ml.segmentation.tree import Labels

DIGITS = 6


def compact(tree: npt.NDArray[Any], labels: Labels) -> list[dict[str, Any]]:
    """Return the tree's groups, the root first, without its points.

    Args:
        tree: the condensed tree as a structured array: parent, child, lambda_val, child_size.
        labels: of the points, -1 for noise; says which groups became segments.

    Returns:
        A node each: ``node``, ``parent`` (-1: root), ``birth`` and ``death`` as densities (1 over
        a distance), ``size`` in customers, ``segment`` as the label or -1.
    """
    is_group = tree["child_size"] > 1
    groups = tree[is_group]
    root = int(tree["parent"].min())
    above = dict(zip(groups["child"].tolist(), groups["parent"].tolist(), strict=True))
    birth = dict(zip(groups["child"].tolist(), groups["lambda_val"].tolist(), strict=True))
    size = dict(zip(groups["child"].tolist(), groups["child_size"].tolist(), strict=True))
    size[root] = len(labels)
    density = np.where(np.isfinite(tree["lambda_val"]), tree["lambda_val"], 0.0)
    death = np.zeros(int(max(tree["parent"].max(), root)) + 1)
    np.maximum.at(death, tree["parent"], density)  # equal points have an infinite density
    became = _segments(tree[~is_group], labels, above)
    return [
        {
            "node": node,
            "parent": above.get(node, -1),
            "birth": round(float(birth.get(node, 0.0)), DIGITS),
            "death": round(float(max(death[node], birth.get(node, 0.0))), DIGITS),
            "size": int(size[node]),
            "segment": became.get(node, -1),
        }
        for node in [root, *sorted(above)]
    ]


def _segments(points: npt.NDArray[Any], labels: Labels, above: dict[int, int]) -> dict[int, int]:
    """Return which node each label's points have in common; ancestors have smaller numbers."""
    found = {}
    label_of_point = labels[points["child"]]
    for label in range(int(labels.max(initial=-1)) + 1):
        nodes = set(np.unique(points["parent"][label_of_point == label]).tolist())
        while len(nodes) > 1:
            deepest = max(nodes)
            nodes = (nodes - {deepest}) | {above[deepest]}
        found.update(dict.fromkeys(nodes, label))
    return found

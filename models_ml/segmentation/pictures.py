"""Pictures: what of a trained model is drawn for MLflow, segments in the order of their ids."""

import numpy as np
import polars as pl

from models_ml.segmentation.assign import UNSEGMENTED
from models_ml.segmentation.cluster import Search
from models_ml.segmentation.model import SegmentModel
from models_ml.segmentation.naming import UNSEGMENTED_NAME
from models_ml.segmentation.past import Sizes
from models_ml.segmentation.plots import draw_grid, draw_map, draw_profiles
from models_ml.segmentation.plots_of_change import draw_flows, draw_sizes, draw_tree
from models_ml.segmentation.profile import standings
from models_ml.tracking import Run


def log_pictures(  # noqa: PLR0913 - by keyword
    tracked: Run,
    *,
    search: Search | None,
    model: SegmentModel,
    previous: SegmentModel | None,
    customers: pl.DataFrame,
    sizes: Sizes,
) -> None:
    """Draw the map, the profiles, the grid, the tree, sizes so far, and who would move."""
    found = model.assign(customers).segment
    order = sorted(range(len(model.segments)), key=lambda s: int(model.segments[s].segment_id[1:]))
    places = np.array([*np.argsort(order), UNSEGMENTED])  # the last is for UNSEGMENTED, -1
    placed = places[found]
    names = [model.segments[s].name for s in order]
    tracked.log_figure("map.png", draw_map(model.picture(customers), placed, names))
    stand = standings(customers, placed, len(names))
    tracked.log_figure("profiles.png", draw_profiles(stand, names))
    tracked.log_figure("grid.png", draw_grid(search.tries if search else []))
    if model.tree:
        nodes = [{**node, "segment": int(places[node["segment"]])} for node in model.tree]
        tracked.log_figure("tree.png", draw_tree(nodes, names))
    if sizes:
        tracked.log_figure("sizes.png", draw_sizes(sizes))
    if previous is not None:
        before = previous.assign(customers).segment
        old = [*(s.name for s in previous.segments), UNSEGMENTED_NAME.name]
        flows = np.zeros((len(old), len(names) + 1))
        np.add.at(flows, (before, placed), 1)
        tracked.log_figure("flows.png", draw_flows(flows, old, [*names, UNSEGMENTED_NAME.name]))

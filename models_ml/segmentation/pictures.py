"""Pictures: what of a trained model is drawn for MLflow, segments in the order of their ids."""

import numpy as np
import polars as pl

from models_ml.segmentation.assign import UNSEGMENTED
from models_ml.segmentation.cluster import Search
from models_ml.segmentation.model import SegmentModel
from models_ml.segmentation.naming import UNSEGMENTED_NAME
from models_ml.segmentation.past import Sizes
from models_ml.segmentation.plots import QUIET, colour_of, draw_grid, draw_map, draw_profiles
from models_ml.segmentation.plots_of_change import draw_flows, draw_sizes, draw_tree
from models_ml.segmentation.profile import standings
from models_ml.segmentation.tree import Labels
from models_ml.tracking import Run


def log_pictures(  # noqa: PLR0913 - by keyword
    tracked: Run,
    *,
    search: Search | None,
    tolerance: float,
    model: SegmentModel,
    previous: SegmentModel | None,
    customers: pl.DataFrame,
    sizes: Sizes,
) -> None:
    """Draw the map, the profiles, the grid, the tree, sizes so far, and who would move."""
    order = _by_number(model)
    placed = _places(order)[model.assign(customers).segment]
    names = [model.segments[s].name for s in order]
    colours = _colours(model, order)
    tracked.log_figure("map.png", draw_map(model.picture(customers), placed, names, colours))
    stand = standings(customers, placed, len(names))
    tracked.log_figure("profiles.png", draw_profiles(stand, names))
    if search is not None:
        grid = draw_grid(search.tries, search.chosen, tolerance)
        tracked.log_figure("grid.png", grid)
    if model.tree:
        places = _places(order)
        nodes = [{**node, "segment": int(places[node["segment"]])} for node in model.tree]
        tracked.log_figure("tree.png", draw_tree(nodes, names, colours))
    if sizes:
        tracked.log_figure("sizes.png", draw_sizes(sizes))
    if previous is not None:
        former = _by_number(previous)
        before = _places(former)[previous.assign(customers).segment]
        old = [*(previous.segments[s].name for s in former), UNSEGMENTED_NAME.name]
        new = [*names, UNSEGMENTED_NAME.name]
        flows = np.zeros((len(old), len(new)))
        np.add.at(flows, (before, placed), 1)
        hues = [*_colours(previous, former), QUIET]
        from_any = slice(None) if (before < 0).any() else slice(-1)  # nobody is unsegmented: no bar
        to_any = slice(None) if (placed < 0).any() else slice(-1)
        figure = draw_flows(flows[from_any, to_any], old[from_any], new[to_any], hues[from_any])
        tracked.log_figure("flows.png", figure)


def _by_number(model: SegmentModel) -> list[int]:
    """Return the segments' positions in the order of their ids."""
    return sorted(range(len(model.segments)), key=lambda s: int(model.segments[s].segment_id[1:]))


def _places(order: list[int]) -> Labels:
    """Return the place of each position in ``order``; the last is for UNSEGMENTED, -1."""
    return np.array([*np.argsort(order), UNSEGMENTED])


def _colours(model: SegmentModel, order: list[int]) -> list[str]:
    """Return each segment's colour."""
    return [colour_of(model.segments[s].segment_id) for s in order]

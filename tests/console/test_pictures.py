"""The pictures: colours that stay, tiles that add up, boxes that fill, dots in their place."""

import re
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from include.console import colours, geometry
from include.console.report import TEMPLATES, render
from models_ml.segmentation import plots
from models_ml.segmentation.rules import ACTIONS
from tests.console.conftest import AS_OF, Publication

# How colour-blind eyes see linear RGB, after Machado et al. (2009).
EYES = {
    "trichromat": np.eye(3),
    "protanope": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranope": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
# From linear RGB to OKLab, after Ottosson (2020).
LMS = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
LAB = np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]])


def seen(colour: str, eyes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where ``colour`` lies in OKLab for ``eyes``."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    lab: NDArray[np.float64] = LAB @ np.cbrt(LMS @ np.clip(eyes @ linear, 0, 1))
    return lab


def palettes() -> list[dict[str, str]]:
    """Return the segment colours of the light and of the dark page, as the CSS has them."""
    css = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    found = re.findall(r"--(s\d+): (#[0-9a-f]{6});", css)
    return [dict(found[:11]), dict(found[11:22])]


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("palette", [0, 1], ids=["light", "dark"])
def test_segments_are_told_apart_by(eyes: str, palette: int) -> None:
    hues = [palettes()[palette][f"s{number}"] for number in range(colours.HUES + 1)]
    nearest = min(
        float(np.linalg.norm(seen(a, EYES[eyes]) - seen(b, EYES[eyes])))
        for a, b in combinations(hues, 2)
    )
    assert nearest > 0.05  # two and a half times what is just noticed side by side


def test_the_terminal_has_the_colours_of_the_dark_page() -> None:
    assert palettes()[1] == colours.IN_THE_DARK


def test_mlflow_s_pictures_have_the_colours_of_the_light_page() -> None:
    assert [plots.QUIET, *plots.COLOURS] == list(palettes()[0].values())


def test_no_two_segments_by_rule_share_a_colour() -> None:
    assert len(set(colours.BY_RULE.values())) == len(colours.BY_RULE) == len(ACTIONS)


def test_a_segment_keeps_its_colour_whoever_else_is_there() -> None:
    numbered = [colours.hue_of(name) for name in ("S0", "S1", "S10", "S11")]
    assert numbered == ["s0", "s1", "s10", "s1"]
    assert colours.hue_of("R-champions") == "s4"
    assert colours.hue_of("plum") == colours.hue_of("plum")


@pytest.mark.parametrize(
    ("sizes", "tiles"),
    [([1, 1, 1], [34, 33, 33]), ([1, 999], [0, 100]), ([5], [100]), ([], []), ([0, 0], [0, 0])],
)
def test_the_tiles_of_the_mosaic_add_up(sizes: list[int], tiles: list[int]) -> None:
    assert geometry.mosaic(sizes) == tiles


def test_the_boxes_of_the_treemap_fill_it_in_proportion() -> None:
    sizes = [60, 25, 10, 5]
    boxes = geometry.treemap(sizes, ratio=1.5)
    assert [round(box.width * box.height / 100, 1) for box in boxes] == sizes
    assert max(box.left + box.width for box in boxes) == pytest.approx(100, abs=0.01)
    assert max(box.top + box.height for box in boxes) == pytest.approx(100, abs=0.01)


def test_the_dots_lie_inside_the_picture_and_keep_their_order() -> None:
    points = pl.DataFrame({"who": ["a", "b"], "x": [-5.0, 5.0], "y": [1.0, 2.0]})
    fitted = geometry.scaled(points, width=100, height=50, margin=10)
    assert geometry.dots(fitted, "who") == {"a": "M10,40h0", "b": "M90,10h0"}


def test_customers_in_one_place_are_one_dot() -> None:
    points = pl.DataFrame({"who": ["a", "a"], "x": [3.0, 3.0], "y": [4.0, 4.0]})
    fitted = geometry.scaled(points, width=100, height=50, margin=10)
    assert geometry.dots(fitted, "who") == {"a": "M10,40h0"}


def test_what_rests_on_made_up_data_is_marked(published: Publication) -> None:
    def marks() -> int:
        return render(as_of=AS_OF, published=published.path).count('class="dagger"')

    unmarked_by_web = marks()
    published.change("INSERT INTO meta.labels VALUES ('marketing', 'campaigns', 'made up')")
    assert marks() > unmarked_by_web

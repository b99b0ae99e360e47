"""Overrides: a person's words stand; a file that cannot be used says which line and why."""

import re
from pathlib import Path

import pytest

from models_ml.segmentation.model import Segment
from models_ml.segmentation.overrides import (
    Override,
    OverrideError,
    apply_overrides,
    read_overrides,
)

LEARNED = (
    Segment(segment_id="S1", name="Loyal", description="Old.", suggested_action="Thank."),
    Segment(segment_id="S2", name="Quiet", description="Old.", suggested_action="Remind."),
)


def test_what_a_person_wrote_replaces_what_the_model_said(tmp_path: Path) -> None:
    file = tmp_path / "segments.yaml"
    file.write_text("segments:\n  S2:\n    name: Weekend families\n    pin: true\n")

    overrides = read_overrides(file)

    assert overrides == {"S2": Override(name="Weekend families", pin=True)}
    named = apply_overrides(LEARNED, overrides)
    assert [segment.name for segment in named] == ["Loyal", "Weekend families"]
    assert named[1].suggested_action == "Remind."


def test_without_a_file_or_with_an_empty_one_nothing_is_overridden(tmp_path: Path) -> None:
    empty = tmp_path / "empty.yaml"
    empty.write_text("# nobody has decided anything yet\n")

    assert read_overrides(tmp_path / "none.yaml") == {}
    assert read_overrides(empty) == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("segments: [S1]\n", "line 1: segments must be a mapping of segment ids, such as S3"),
        ("names:\n  S1: {}\n", "line 1: 'names' is unknown; known are segments"),
        ("segments:\n  S1:\n    nmae: A\n", "line 3: 'nmae' is unknown; known are name,"),
        ("segments:\n  S1:\n    name: ''\n", "line 3: name of S1 must be a text of 1 to 200"),
        ("segments:\n  S1:\n    name: [A]\n", "line 3: name of S1 must be a text"),
        ("segments:\n  S1:\n    pin: maybe\n", "line 3: pin of S1 must be true or false"),
        ("segments:\n  S1: {name: A}\n  S1: {pin: yes}\n", "line 3: segment S1 stands in the file"),
        ("segments:\n  S1: {name: A}\n  S2: {name: A}\n", "line 3: 'A' is the name of two"),
        ("segments: {S1: {name: A\n", "is not YAML"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(
    tmp_path: Path, text: str, complaint: str
) -> None:
    file = tmp_path / "segments.yaml"
    file.write_text(text)

    with pytest.raises(OverrideError, match=re.escape(complaint)) as raised:
        read_overrides(file)
    assert str(file) in str(raised.value)


def test_two_segments_never_share_a_name() -> None:
    with pytest.raises(OverrideError, match="would call both S1 and S2 'Loyal'"):
        apply_overrides(LEARNED, {"S2": Override(name="Loyal")})


def test_a_segment_that_is_not_there_today_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    assert apply_overrides(LEARNED, {"S9": Override(name="Ghosts")}) == LEARNED
    assert "S9 has no segment" in caplog.text

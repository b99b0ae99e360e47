"""Overrides: what a person has decided about a segment, which no retrain may undo.

A YAML file, by segment id:

    segments:
      S3:
        name: Weekend families
        description: Fill the car on Saturdays.
        suggested_action: Family bundles from Thursday on.
        pin: true  # a retrain in which this segment would end waits for approval
"""

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from models_ml.segmentation.model import Segment

TEXTS = ("name", "description", "suggested_action")
LONGEST = 200  # of a text; a card has no room for more

logger = logging.getLogger(__name__)


class OverrideError(ValueError):
    """The file of overrides cannot be used as it is; the message has file, line and cure."""


@dataclass(frozen=True, kw_only=True)
class Override:
    """What a person says of one segment; None leaves what the model says."""

    name: str | None = None
    description: str | None = None
    suggested_action: str | None = None
    pin: bool = False


def read_overrides(file: Path) -> dict[str, Override]:
    """Return the overrides by segment id; none where there is no file.

    Raises:
        OverrideError: not YAML, an unknown key, a wrong type, a name twice.
    """
    if not file.exists():
        return {}
    try:
        document = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise OverrideError(f"{file} is not YAML: {error}") from error
    if document is None:
        return {}
    found: dict[str, Override] = {}
    names: dict[str, int] = {}
    for top, segments in _pairs(file, document, ("segments",)):
        for key, node in _pairs(file, segments, (), of=top.value):
            if key.value in found:
                raise _fault(file, key, f"segment {key.value} stands in the file twice")
            override = _override(file, key, node)
            if override.name is not None:
                if override.name in names:
                    first = f"as in line {names[override.name]}"
                    raise _fault(file, node, f"{override.name!r} is the name of two, {first}")
                names[override.name] = _line(node)
            found[key.value] = override
    return found


def apply_overrides(
    segments: Sequence[Segment], overrides: Mapping[str, Override]
) -> tuple[Segment, ...]:
    """Return the segments as a person wants them called.

    Raises:
        OverrideError: a given name is the learned name of another segment.
    """
    known = {segment.segment_id for segment in segments}
    for unknown in sorted(set(overrides) - known):
        logger.warning("The override of %s has no segment to apply to today", unknown)
    changed = tuple(_changed(s, overrides.get(s.segment_id, Override())) for s in segments)
    by_name: dict[str, str] = {}
    for segment in changed:
        other = by_name.setdefault(segment.name, segment.segment_id)
        if other != segment.segment_id:
            raise OverrideError(
                f"The overrides would call both {other} and {segment.segment_id} "
                f"{segment.name!r}. Give one of them another name, then clear this task."
            )
    return changed


def _changed(segment: Segment, override: Override) -> Segment:
    """Return the segment with the texts that a person gave."""
    given = {text: getattr(override, text) for text in TEXTS}
    return dataclasses.replace(segment, **{k: v for k, v in given.items() if v is not None})


def _override(file: Path, key: yaml.Node, node: yaml.Node) -> Override:
    """Return one segment's override."""
    texts: dict[str, str] = {}
    pin = False
    for name, value in _pairs(file, node, (*TEXTS, "pin"), of=key.value):
        if name.value == "pin":
            if value.tag != "tag:yaml.org,2002:bool":
                raise _fault(file, value, f"pin of {key.value} must be true or false")
            pin = bool(yaml.safe_load(value.value))
        elif not isinstance(value, yaml.ScalarNode) or not 0 < len(value.value.strip()) <= LONGEST:
            fault = f"{name.value} of {key.value} must be a text of 1 to {LONGEST} characters"
            raise _fault(file, value, fault)
        else:
            texts[name.value] = value.value.strip()
    return Override(
        name=texts.get("name"),
        description=texts.get("description"),
        suggested_action=texts.get("suggested_action"),
        pin=pin,
    )


def _pairs(
    file: Path, node: yaml.Node, allowed: Sequence[str], of: str = "the file"
) -> list[tuple[yaml.Node, yaml.Node]]:
    """Return a mapping's keys and values, its keys among ``allowed`` where that is not empty."""
    if not isinstance(node, yaml.MappingNode):
        wanted = f"with {', '.join(allowed)}" if allowed else "of segment ids, such as S3"
        raise _fault(file, node, f"{of} must be a mapping {wanted}")
    for key, _ in node.value:
        if allowed and key.value not in allowed:
            raise _fault(file, key, f"{key.value!r} is unknown; known are {', '.join(allowed)}")
    return list(node.value)


def _fault(file: Path, node: yaml.Node, what: str) -> OverrideError:
    """Return the error for a place in the file."""
    return OverrideError(
        f"{file}, line {_line(node)}: {what}. Mend the line, then clear this task."
    )


def _line(node: yaml.Node) -> int:
    """Return where the node stands, counted from 1."""
    return int(node.start_mark.line) + 1

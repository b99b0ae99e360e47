"""ODCS: read a contract's YAML by path, and say the line of whatever is wrong in it.

What the fields mean to landing belongs in :mod:`include.landing.contract`.
"""

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml

from include.landing.errors import ContractError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Step = str | int
T = TypeVar("T")


class Document:
    """One YAML document, or a place inside it, that knows its file and its lines."""

    def __init__(self, file: Path, value: object, path: tuple[Step, ...] = ()) -> None:
        """Stand at ``path`` inside ``file``, where ``value`` is."""
        self.file, self.path = file, path
        self.value: Any = value  # YAML holds anything; get() and its kin say what it must be

    @classmethod
    def read(cls, file: Path) -> "Document":
        """Parse ``file``; a YAML error names file and line."""
        try:
            loader = _LOADER(file.read_text(encoding="utf-8"))
            root = loader.get_single_node()
            value = loader.construct_document(root) if root else None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or str(error)
            raise ContractError(
                file, mark.line + 1 if mark else None, f"not YAML: {problem}"
            ) from None
        if not isinstance(value, dict):
            raise ContractError(file, 1, "a contract is a YAML mapping; see the ODCS standard")
        _refuse_repeats(file, root)
        return cls(file, value)

    def wrong(self, problem: str) -> NoReturn:
        """Refuse the contract, naming this place's line."""
        raise ContractError(self.file, self._line(), problem)

    def _line(self) -> int | None:
        """Return the line of this place, or of the nearest place above it that exists."""
        node = yaml.compose(self.file.read_text(encoding="utf-8"), Loader=_LOADER)
        line: int | None = None
        for step in self.path:
            if isinstance(node, yaml.MappingNode):
                found = [(k, v) for k, v in node.value if k.value == step]
                if not found:
                    return line
                line, node = found[0][0].start_mark.line + 1, found[0][1]
            elif isinstance(node, yaml.SequenceNode):
                node = node.value[step] if isinstance(step, int) else _property(node, step)
                line = node.start_mark.line + 1 if node else line
        return line

    def at(self, step: Step) -> "Document":
        """Return the place one step further in; its value is None where there is nothing."""
        value = self.value
        if isinstance(value, dict):
            inner = value.get(step)
        else:
            inner = value[step] if isinstance(value, list) and isinstance(step, int) else None
        return Document(self.file, inner, (*self.path, step))

    def items(self, step: Step) -> list["Document"]:
        """Return the places in the list at ``step``; nothing there is an empty list."""
        place = self.at(step)
        if place.value is None:
            return []
        if not isinstance(place.value, list) or not all(isinstance(i, dict) for i in place.value):
            place.wrong(f"{step} must be a list of mappings")
        return [place.at(i) for i in range(len(place.value))]

    def maybe(self, step: Step, kind: type[T]) -> T | None:
        """Return the value at ``step``, which must be of ``kind``; None where there is none."""
        place = self.at(step)
        # In Python a bool is an int; in a contract it is not.
        is_stray_bool = isinstance(place.value, bool) and kind is not bool
        if place.value is not None and (is_stray_bool or not isinstance(place.value, kind)):
            place.wrong(f"{step} must be {kind.__name__}, not {type(place.value).__name__}")
        value: T | None = place.value
        return value

    def get(self, step: Step, kind: type[T], default: T | None = None) -> T:
        """Return the value at ``step``; without one the ``default``, or the contract is wrong."""
        value = self.maybe(step, kind)
        if value is None:
            value = default
        if value is None:
            self.at(step).wrong(f"{step} is missing")
        return value

    def bound(self, step: Step) -> str | None:
        """Return a least or greatest value as text, however YAML understood it."""
        value = self.at(step).value
        is_plain = isinstance(value, int | float | date) and not isinstance(value, bool)
        return str(value) if is_plain else self.maybe(step, str)

    def count(self, step: Step) -> int | None:
        """Return the whole number at ``step``, 0 or more; None where there is none."""
        value = self.maybe(step, int)
        if value is not None and value < 0:
            self.at(step).wrong(f"{step} must be 0 or more, not {value}")
        return value

    def texts(self, step: Step, default: Sequence[str]) -> tuple[str, ...]:
        """Return the list of texts at ``step``; YAML's null and numbers are none."""
        values = self.get(step, list, list(default))
        if not all(isinstance(value, str) for value in values):
            self.at(step).wrong(f"{step} must be a list of texts: put each in quotes")
        return tuple(values)

    def only(self, known: Collection[str]) -> None:
        """Refuse a key that is not ``known``: it would promise what nobody keeps."""
        for step in self.value:
            if step not in known:
                self.at(step).wrong(f"landing does not know {step!r} here; see docs/landing.md")

    def choice(self, step: Step, allowed: Sequence[str], default: str | None = None) -> str:
        """Return the text at ``step``, which must be one of ``allowed``."""
        value = self.get(step, str, default)
        if value not in allowed:
            shown = ", ".join(a if a.isidentifier() or len(a) > 1 else repr(a) for a in allowed)
            self.at(step).wrong(f"{step} must be one of {shown}, not {value!r}")
        return value

    def custom(self, known: Sequence[str]) -> "Document":
        """Return ``customProperties`` as one mapping; a name not in ``known`` is refused."""
        values: dict[str, Any] = {}
        for place in self.items("customProperties"):
            name = place.get("property", str)
            if name not in known:
                place.wrong(f"unknown custom property {name!r}; landing knows {', '.join(known)}")
            if name in values:
                place.wrong(f"custom property {name!r} is given twice")
            values[name] = place.value.get("value")
        return Document(self.file, values, (*self.path, "customProperties"))


def _property(node: yaml.SequenceNode, name: str) -> Any:  # noqa: ANN401 - PyYAML has no types
    """Return the node of the custom property ``name``; None where the list has none."""
    for item in node.value:
        pairs = item.value if isinstance(item, yaml.MappingNode) else []
        if any(key.value == "property" and value.value == name for key, value in pairs):
            return item
    return None


def _refuse_repeats(file: Path, node: yaml.Node | None) -> None:
    """Refuse a key given twice in one mapping; YAML's reader would keep the last, silently."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeats(file, item)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        if key.value in seen:
            raise ContractError(file, key.start_mark.line + 1, f"{key.value!r} is given twice")
        seen.add(key.value)
        _refuse_repeats(file, value)

"""Hostile deliveries, each with the verdict it must get: load, quarantine (rows), refuse (file).

Deterministic: the same bytes on every run. ``case`` is a row of the table of verdicts in
``docs/landing.md``; a row may have several deliveries. What the door does with them is tried in
``test_hostile.py`` and in ``tests/faults/landing.py``.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from include.landing.contract import Contract, Layout
from include.landing.errors import ExtractRefusedError
from tests.landing.door import ADA, BOB, HEADER, MONDAY, ORDERS, Door, column

LOAD, QUARANTINE, REFUSE = "load", "quarantine", "refuse"


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """One delivery and its verdict.

    ``rows`` are delivered, ``aside`` are the numbers of those that must be set aside, each with
    every one of ``because`` among its reasons; of a refused file the message must say them.
    ``values`` are what the last column of the landed rows must hold, as text.
    """

    case: str
    what: str
    data: bytes
    verdict: str
    rows: int = 0
    aside: tuple[int, ...] = ()
    because: tuple[str, ...] = ()
    values: tuple[str | None, ...] | None = None
    contract: Contract = ORDERS
    manifest: str | None = None  # as text, beside the file
    path: str | None = None  # in the extract's folder; Monday's orders, if nothing is said

    def __str__(self) -> str:
        """Name the delivery as a test does."""
        return f"{self.case}: {self.what}"


def contract_of(name: str = "csv", *, columns: tuple[Any, ...] = (), **terms: Any) -> Contract:
    """Return a small contract: ``name`` is the suffix of its files; ``terms`` as its fields."""
    form = name.removesuffix(".gz")
    given: dict[str, Any] = {
        "format": form,
        "pattern": f"*.{name}",
        "is_gzip": name.endswith(".gz"),
    }
    of_layout = {key: terms.pop(key) for key in set(Layout.__dataclass_fields__) & set(terms)}
    layout = replace(ORDERS.layout, **(given | of_layout))
    return replace(ORDERS, layout=layout, columns=columns or ORDERS.columns, **terms)


def value_of(logical_type: str, physical_type: str | None = None, **terms: Any) -> tuple[Any, ...]:
    """Return the columns of an extract with a key and one value ``v``."""
    key = column("id", "string", required=True, key_position=1)
    return (key, column("v", logical_type, physical_type, **terms))


def csv_of(*lines: str | bytes, end: bytes = b"\n") -> bytes:
    """Return orders: the header, ada, the ``lines``, bob."""
    encoded = [line.encode() if isinstance(line, str) else line for line in lines]
    return b"".join([HEADER.encode(), ADA.encode(), *(x + end for x in encoded), BOB.encode()])


def spoiled(case: str, what: str, line: str | bytes, *because: str, **terms: Any) -> Hostile:
    """Return orders of which the second of three rows must be set aside."""
    data = csv_of(line)
    terms.setdefault("rows", 3)
    terms.setdefault("aside", (2,))
    return Hostile(case=case, what=what, data=data, verdict=QUARANTINE, because=because, **terms)


def refused(case: str, what: str, data: str | bytes, *because: str, **terms: Any) -> Hostile:
    """Return a file that must be refused, and what the refusal says."""
    data = data.encode() if isinstance(data, str) else data
    return Hostile(case=case, what=what, data=data, verdict=REFUSE, because=because, **terms)


def loaded(case: str, what: str, data: str | bytes, *, rows: int, **terms: Any) -> Hostile:
    """Return a file that must load whole, odd as it looks."""
    data = data.encode() if isinstance(data, str) else data
    return Hostile(case=case, what=what, data=data, verdict=LOAD, rows=rows, **terms)


def manifest_of(data: bytes, *, rows: int, **lies: Any) -> str:
    """Return the manifest of ``data``, true but for the ``lies``."""
    truth = {"rows": rows, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return json.dumps(truth | lies)


def judge(hostile: Hostile, home: Path) -> list[str]:
    """Deliver it behind a door of its own, land, and return what differs from the verdict."""
    layout = hostile.contract.layout
    door = Door(home, contract=hostile.contract, name=layout.pattern.replace("*", "orders"))
    file = door.file(MONDAY)
    if hostile.path:
        file = file.parents[1] / hostile.path
        file.parent.mkdir(exist_ok=True)
    file.write_bytes(hostile.data)
    if hostile.manifest is not None:
        file.with_name(f"{file.name}.manifest.json").write_text(hostile.manifest)
    try:
        done = door.land()
    except ExtractRefusedError as refusal:
        if hostile.verdict != REFUSE:
            return [f"refused: {str(refusal)[:300]}"]
        unsaid = [
            f"the refusal does not say {x!r}" for x in hostile.because if x not in str(refusal)
        ]
        unsaid += [f"not its words: {refusal}"[:400]] if unsaid else []
        return unsaid + ([] if _is_empty(door) else ["a refused file has left rows"])
    if hostile.verdict == REFUSE:
        return [f"landed: {done}"]
    return _differences(hostile, door, done)


def all_cases() -> list[Hostile]:
    """Return every hostile delivery of the modules beside this one."""
    parts = sorted(file.stem for file in Path(__file__).parent.glob("hostile_*.py"))
    modules = [import_module(f"tests.landing.{part}") for part in parts]
    return [hostile for module in modules for hostile in module.cases()]


def _is_empty(door: Door) -> bool:
    """Say whether nothing of any file is in the raw table or in the quarantine."""
    table = f"raw_{door.contract.source}.{door.contract.entity}"
    return door.ask(
        f"SELECT (SELECT count(*) FROM {table}), (SELECT count(*) FROM ops.quarantined_rows)"
    ) == [(0, 0)]


def _differences(hostile: Hostile, door: Door, done: Any) -> list[str]:
    """Say where rows, reasons or values are not those of the verdict."""
    found = []
    aside = {number: reasons for number, _, reasons in door.aside()}
    expected = (hostile.rows, hostile.rows - len(hostile.aside), len(hostile.aside))
    counted = (done["delivered"], done["landed"], done["quarantined"])
    if counted != expected:
        found.append(f"delivered, landed, quarantined: {counted} instead of {expected}")
    if set(aside) != set(hostile.aside):
        found.append(f"set aside: {aside} instead of {hostile.aside}")
    for because in hostile.because:
        mute = [n for n, reasons in aside.items() if not any(because in r for r in reasons)]
        found += [f"rows {mute} do not say {because!r}: {aside[mute[0]]}"] if mute else []
    last = hostile.contract.columns[-1].name
    values = tuple(None if v is None else str(v) for v in door.values(last))
    if len(values) != expected[1]:
        found.append(f"{len(values)} rows are in the table, not {expected[1]}")
    if hostile.values is not None and values != hostile.values:
        found.append(f"values {values} instead of {hostile.values}")
    return found

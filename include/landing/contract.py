"""Contracts: what each source promises to deliver, read from ODCS YAML into frozen values.

Light on purpose (PyYAML alone): the scheduler reads contracts whenever it reads a DAG. How a value
is cast belongs in :mod:`include.landing.cast`, how a file is read in
:mod:`include.landing.reading`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from include.landing.alarms import (
    NEVER_STALE,
    QUIET,
    Alarm,
    Staleness,
    read_alarm,
    read_staleness,
)
from include.landing.column import Column
from include.landing.column_terms import read_column, time_zone
from include.landing.errors import ContractError
from include.landing.layout import Layout, read_layout, read_marks
from include.landing.odcs import Document

__all__ = [
    "Alarm",
    "Column",
    "Contract",
    "Layout",
    "Staleness",
    "find_contract",
    "list_contracts",
    "load_contract",
]

CONTRACTS = Path(__file__).parent / "contracts"
SUFFIX = ".odcs.yaml"

MODES = ("snapshot", "increment", "append")
KEY_CONFLICTS = ("latest_delivery", "first_delivery", "quarantine")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
CUSTOM = (
    "deliveryMode",
    "requiredSource",
    "timeZone",
    "nullTokens",
    "synthetic",
    "decimalMark",
    "thousandsMark",
    "keyConflict",
    "rowCountDrop",
    "nullShareRise",
    "staleAfterDays",
)
KEYS = (  # what landing reads, and what only describes; anything else would be an empty promise
    *("apiVersion", "kind", "name", "version", "servers", "slaProperties", "customProperties"),
    *("schema", "id", "status", "domain", "tenant", "dataProduct", "description", "context"),
    *("tags", "support", "price", "team", "roles", "authoritativeDefinitions"),
    "contractCreatedTs",
)
TABLE_KEYS = (
    *("name", "description", "properties", "physicalName", "physicalType", "logicalType"),
    *("id", "businessName", "dataGranularityDescription", "tags", "synonyms", "deprecated"),
    "authoritativeDefinitions",
)


@dataclass(frozen=True, kw_only=True)
class Contract:
    """One extract: how it is delivered, and its columns in the order of the raw table."""

    file: Path
    source: str
    entity: str
    version: str
    description: str
    columns: tuple[Column, ...]
    layout: Layout
    mode: str
    is_required: bool
    is_synthetic: bool = False
    time_zone: str = "UTC"
    null_tokens: tuple[str, ...] = ("",)
    decimal_mark: str = "."
    thousands_mark: str = ""
    staleness: Staleness = NEVER_STALE
    key_conflict: str = "latest_delivery"
    row_count_drop: Alarm = QUIET
    null_share_rise: Alarm = QUIET

    @property
    def name(self) -> str:
        """``<source>.<entity>``, as the command line and the DAG say it."""
        return f"{self.source}.{self.entity}"

    @property
    def table(self) -> str:
        """The raw table these rows land in."""
        return f"raw_{self.source}.{self.entity}"

    @property
    def task_id(self) -> str:
        """The id of the Airflow task that lands this extract."""
        return f"land_{self.source}_{self.entity}"

    @property
    def label(self) -> str:
        """What of this extract is not real, for every page that shows it; empty where all is."""
        made_up = [column.name for column in self.columns if column.made_up]
        if self.is_synthetic:
            return "Synthetic: generated, not observed."
        return f"Made up: {', '.join(made_up)}." if made_up else ""

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key, in its order; empty where the extract has none."""
        parts = [(c.key_position, c.name) for c in self.columns if c.key_position is not None]
        return tuple(name for _, name in sorted(parts))


def list_contracts(folder: Path = CONTRACTS) -> list[Contract]:
    """Return every contract in ``folder``, by source and entity."""
    return [load_contract(file) for file in sorted(folder.glob(f"*{SUFFIX}"))]


def find_contract(name: str, folder: Path = CONTRACTS) -> Contract:
    """Return the contract of ``<source>.<entity>``."""
    file = folder / f"{name.replace('.', '__', 1)}{SUFFIX}"
    if not file.is_file():
        known = ", ".join(contract.name for contract in list_contracts(folder))
        raise ContractError(file, None, f"there is no contract {name!r}; there are: {known}")
    return load_contract(file)


def load_contract(file: Path) -> Contract:
    """Read and check one contract; a :class:`ContractError` names file, line and fault."""
    contract = Document.read(file)
    source, _, entity = file.name.removesuffix(SUFFIX).partition("__")
    if not (file.name.endswith(SUFFIX) and _NAME.fullmatch(source) and _NAME.fullmatch(entity)):
        contract.wrong(f"a contract's file is named <source>__<entity>{SUFFIX}, in lower case")
    contract.only(KEYS)
    contract.choice("kind", ("DataContract",))
    if not contract.get("apiVersion", str).startswith("v3."):
        contract.at("apiVersion").wrong("apiVersion must be v3: landing reads ODCS v3")
    if contract.get("name", str) != f"{source}.{entity}":
        contract.at("name").wrong(f"name must be {source}.{entity}, as the file is named")
    tables = contract.items("schema")
    if len(tables) != 1:
        contract.at("schema").wrong("a contract describes exactly one table")
    custom = contract.custom(CUSTOM)
    layout = read_layout(contract, f"{source}/{entity}")
    marks = read_marks(custom, layout)
    is_required = custom.get("requiredSource", bool)
    columns = tuple(read_column(place) for place in tables[0].items("properties"))
    _check_columns(tables[0], columns, entity)
    if layout.format == "parquet":
        _refuse_formats(tables[0], columns)
    mode = custom.choice("deliveryMode", MODES)
    return Contract(
        file=file,
        source=source,
        entity=entity,
        version=contract.get("version", str),
        description=tables[0].get("description", str),
        columns=columns,
        mode=mode,
        is_required=is_required,
        is_synthetic=custom.get("synthetic", bool, default=False),
        time_zone=time_zone(custom, "timeZone") or custom.get("timeZone", str),
        null_tokens=custom.texts("nullTokens", [""]),
        decimal_mark=marks[0],
        thousands_mark=marks[1],
        staleness=read_staleness(contract, custom, is_required=is_required),
        key_conflict=_key_conflict(custom, mode),
        row_count_drop=read_alarm(custom, "rowCountDrop"),
        null_share_rise=read_alarm(custom, "nullShareRise"),
        layout=layout,
    )


def _key_conflict(custom: Document, mode: str) -> str:
    """Return which of two deliveries' rows stays; an append's are never compared."""
    if mode == "append" and "keyConflict" in custom.value:
        custom.at("keyConflict").wrong("keyConflict compares deliveries; an append's never are")
    return custom.choice("keyConflict", KEY_CONFLICTS, "latest_delivery")


def _check_columns(table: Document, columns: tuple[Column, ...], entity: str) -> None:
    """Refuse a table without columns, or with two of one name or of one place in the key."""
    table.only(TABLE_KEYS)
    if table.get("name", str) != entity:
        table.at("name").wrong(f"the table must be named {entity}, as the file is")
    if not columns:
        table.at("properties").wrong("a table needs at least one column")
    names = [column.name for column in columns]
    for place, name in zip(table.items("properties"), names, strict=True):
        if names.count(name) > 1:
            place.at("name").wrong(f"column {name!r} is described twice")
    positions = [c.key_position for c in columns if c.key_position is not None]
    if sorted(positions) != list(range(1, len(positions) + 1)):
        table.at("properties").wrong("primaryKeyPosition must count the key's columns from 1")


def _refuse_formats(table: Document, columns: tuple[Column, ...]) -> None:
    """Refuse what says how text is written, where there is none."""
    for place, column in zip(table.items("properties"), columns, strict=True):
        if column.format or column.has_offset:
            place.at("logicalTypeOptions").wrong("Parquet has times of its own: no format, no text")

"""Contracts: what each source promises to deliver, read from ODCS YAML into frozen values.

Light on purpose (PyYAML alone): the scheduler reads contracts whenever it reads a DAG. How a value
is cast belongs in :mod:`include.landing.cast`, how a file is read in
:mod:`include.landing.reading`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from include.landing.column import Column, read_column, time_zone
from include.landing.errors import ContractError
from include.landing.odcs import Document

__all__ = ["Column", "Contract", "Layout", "find_contract", "list_contracts", "load_contract"]

CONTRACTS = Path(__file__).parent / "contracts"
SUFFIX = ".odcs.yaml"

ENCODINGS = ("UTF-8", "UTF-16", "ISO-8859-1", "ISO-8859-15", "WINDOWS-1250", "WINDOWS-1252")
DELIMITERS, QUOTES = (",", ";", "\t", "|", ":", "~", "^"), ('"', "'")
DECIMAL_MARKS = (".", ",")
THOUSANDS_MARKS = ("", ",", ".", "'", "’", "_", " ", "\u00a0", "\u202f")
FORMATS = ("csv", "jsonl", "parquet")
MODES = ("snapshot", "increment", "append")
KEY_CONFLICTS = ("latest_delivery", "first_delivery", "quarantine")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DEPTH = 3  # <source>/<entity>/<date>/<file>
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
)
SERVER_CUSTOM = (
    "compression",
    "delimiter",
    "quote",
    "lineBreaksInFields",
    "maxBytes",
    "maxRows",
)
KEYS = (  # what landing reads, and what only describes; anything else would be an empty promise
    *("apiVersion", "kind", "name", "version", "servers", "slaProperties", "customProperties"),
    *("schema", "id", "status", "domain", "tenant", "dataProduct", "description", "context"),
    *("tags", "support", "price", "team", "roles", "authoritativeDefinitions"),
    "contractCreatedTs",
)
SERVER_KEYS = (
    *("server", "type", "path", "format", "encoding", "customProperties"),
    *("id", "description", "environment", "roles"),
)
TABLE_KEYS = (
    *("name", "description", "properties", "physicalName", "physicalType", "logicalType"),
    *("id", "businessName", "dataGranularityDescription", "tags", "synonyms", "deprecated"),
    "authoritativeDefinitions",
)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the files of an extract are named and written."""

    format: str
    pattern: str
    encoding: str = "UTF-8"
    is_gzip: bool = False
    delimiter: str = ","
    quote: str = '"'
    has_line_breaks_in_fields: bool = False
    max_bytes: int | None = None
    max_rows: int | None = None


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """From which change against its own history on a delivery is warned about, or refused."""

    warn: float | None = None
    stop: float | None = None


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
    max_age_days: int | None = None
    key_conflict: str = "latest_delivery"
    row_count_drop: Alarm = Alarm()
    null_share_rise: Alarm = Alarm()

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
    layout = _layout(contract, f"{source}/{entity}")
    marks = _marks(custom, layout)
    columns = tuple(read_column(place) for place in tables[0].items("properties"))
    _check_columns(tables[0], columns, entity)
    if layout.format == "parquet":
        _refuse_formats(tables[0], columns)
    return Contract(
        file=file,
        source=source,
        entity=entity,
        version=contract.get("version", str),
        description=tables[0].get("description", str),
        columns=columns,
        mode=custom.choice("deliveryMode", MODES),
        is_required=custom.get("requiredSource", bool),
        is_synthetic=custom.get("synthetic", bool, default=False),
        time_zone=time_zone(custom, "timeZone") or custom.get("timeZone", str),
        null_tokens=custom.texts("nullTokens", [""]),
        decimal_mark=marks[0],
        thousands_mark=marks[1],
        max_age_days=_max_age_days(contract),
        key_conflict=custom.choice("keyConflict", KEY_CONFLICTS, "latest_delivery"),
        row_count_drop=_alarm(custom, "rowCountDrop"),
        null_share_rise=_alarm(custom, "nullShareRise"),
        layout=layout,
    )


def _layout(contract: Document, folder: str) -> Layout:
    """Return how the files are written, from the contract's one server."""
    servers = contract.items("servers")
    if len(servers) != 1:
        contract.at("servers").wrong("a contract names exactly one server: the landing folder")
    server = servers[0]
    server.only(SERVER_KEYS)
    custom = server.custom(SERVER_CUSTOM)
    path = server.get("path", str)
    if not path.startswith(f"{folder}/*/") or path.count("/") != _DEPTH:
        server.at("path").wrong(f"path must be {folder}/*/<pattern>: a folder a delivery date")
    layout = Layout(
        format=server.choice("format", FORMATS),
        pattern=path.rpartition("/")[2],
        encoding=server.choice("encoding", ENCODINGS, "UTF-8"),
        is_gzip=custom.choice("compression", ("none", "gzip"), "none") == "gzip",
        delimiter=custom.choice("delimiter", DELIMITERS, ","),
        quote=custom.choice("quote", QUOTES, '"'),
        has_line_breaks_in_fields=custom.get("lineBreaksInFields", bool, default=False),
        max_bytes=custom.count("maxBytes"),
        max_rows=custom.count("maxRows"),
    )
    if layout.is_gzip and layout.format == "parquet":
        custom.at("compression").wrong("Parquet packs itself: its compression is none")
    if layout.format != "csv":
        if layout.encoding != "UTF-8":
            server.at("encoding").wrong(f"{layout.format} is always UTF-8")
        for step in ("delimiter", "quote", "lineBreaksInFields"):
            if step in custom.value:
                custom.at(step).wrong(f"{step} is for csv, not for {layout.format}")
    return layout


def _marks(custom: Document, layout: Layout) -> tuple[str, str]:
    """Return how numbers are written: the decimal mark and the thousands mark, empty for none."""
    for step in ("decimalMark", "thousandsMark"):
        if step in custom.value and layout.format != "csv":
            custom.at(step).wrong(f"{step} is for csv: {layout.format} has numbers of its own")
    decimal = custom.choice("decimalMark", DECIMAL_MARKS, ".")
    thousands = custom.choice("thousandsMark", THOUSANDS_MARKS, "")
    if layout.format == "parquet" and "nullTokens" in custom.value:
        custom.at("nullTokens").wrong("nullTokens are for text: Parquet has nulls of its own")
    if decimal == thousands:
        custom.at("thousandsMark").wrong("decimalMark and thousandsMark must differ")
    return decimal, thousands


def _max_age_days(contract: Document) -> int | None:
    """Return how old the newest delivery may be: the ``latency`` of the service levels, in days."""
    for place in contract.items("slaProperties"):
        if place.choice("property", ("latency",)) == "latency":
            place.choice("unit", ("d",))
            return place.get("value", int)
    return None


def _alarm(custom: Document, name: str) -> Alarm:
    """Return the shares from which on ``name`` warns and stops: ``{warn: 0.5, stop: 0.8}``."""
    place, shares = custom.at(name), custom.get(name, dict, {})
    for step, share in shares.items():
        is_share = isinstance(share, int | float) and not isinstance(share, bool) and 0 < share <= 1
        if step not in {"warn", "stop"} or not is_share:
            place.wrong(f"{name} takes warn and stop, each a share above 0 and up to 1")
    return Alarm(warn=shares.get("warn"), stop=shares.get("stop"))


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

"""Contracts: what each source promises to deliver, read from ODCS YAML into frozen values.

Light on purpose (PyYAML alone): the scheduler reads contracts whenever it reads a DAG. How a value
is cast belongs in :mod:`include.landing.cast`, how a file is read in :mod:`include.landing.read`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from include.landing.errors import ContractError
from include.landing.odcs import Document

CONTRACTS = Path(__file__).parent / "contracts"
SUFFIX = ".odcs.yaml"

ENCODINGS = ("UTF-8", "ISO-8859-1", "WINDOWS-1252")
FORMATS = ("csv", "jsonl", "parquet")
MODES = ("snapshot", "increment", "append")
LOGICAL_TYPES = {  # the physical (DuckDB) types that may stand behind each logical type
    "string": r"varchar",
    "boolean": r"boolean",
    "integer": r"integer|bigint",
    "number": r"double|decimal\([1-9][0-9]?, ?[0-9]{1,2}\)",
    "date": r"date",
    "timestamp": r"timestamp",
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DEPTH = 3  # <source>/<entity>/<date>/<file>
_OPTIONS = ("minimum", "maximum", "pattern", "maxLength")
_CONTRACT_CUSTOM = ("deliveryMode", "requiredSource", "timeZone", "nullTokens", "synthetic")
_SERVER_CUSTOM = ("compression", "delimiter", "quote", "lineBreaksInFields")
_COLUMN_CUSTOM = ("beforeDelivery", "madeUp", "purpose", "retention")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its name, its type, and what its values must keep to."""

    name: str
    description: str
    logical_type: str
    physical_type: str
    required: bool = False
    key_position: int | None = None
    classification: str | None = None
    enum: tuple[str, ...] = ()
    minimum: str | None = None
    maximum: str | None = None
    pattern: str | None = None
    max_length: int | None = None
    before_delivery: bool = False
    made_up: bool = False


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
    max_age_days: int | None = None

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
    contract.choice("kind", ("DataContract",))
    contract.get("apiVersion", str)
    if contract.get("name", str) != f"{source}.{entity}":
        contract.at("name").wrong(f"name must be {source}.{entity}, as the file is named")
    tables = contract.items("schema")
    if len(tables) != 1:
        contract.at("schema").wrong("a contract describes exactly one table")
    custom = contract.custom(_CONTRACT_CUSTOM)
    columns = tuple(_column(place) for place in tables[0].items("properties"))
    _check_columns(tables[0], columns, entity)
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
        time_zone=custom.choice("timeZone", ("UTC",)),
        null_tokens=tuple(custom.get("nullTokens", list, [""])),
        max_age_days=_max_age_days(contract),
        layout=_layout(contract, f"{source}/{entity}"),
    )


def _layout(contract: Document, folder: str) -> Layout:
    """Return how the files are written, from the contract's one server."""
    servers = contract.items("servers")
    if len(servers) != 1:
        contract.at("servers").wrong("a contract names exactly one server: the landing folder")
    server = servers[0]
    custom = server.custom(_SERVER_CUSTOM)
    path = server.get("path", str)
    if not path.startswith(f"{folder}/*/") or path.count("/") != _DEPTH:
        server.at("path").wrong(f"path must be {folder}/*/<pattern>: a folder a delivery date")
    delimiter, quote = custom.get("delimiter", str, ","), custom.get("quote", str, '"')
    if delimiter == quote or not all(len(c) == 1 and c.isascii() for c in (delimiter, quote)):
        server.wrong("delimiter and quote must be two different ASCII characters")
    return Layout(
        format=server.choice("format", FORMATS),
        pattern=path.rpartition("/")[2],
        encoding=server.choice("encoding", ENCODINGS, "UTF-8"),
        is_gzip=custom.choice("compression", ("none", "gzip"), "none") == "gzip",
        delimiter=delimiter,
        quote=quote,
        has_line_breaks_in_fields=custom.get("lineBreaksInFields", bool, default=False),
    )


def _max_age_days(contract: Document) -> int | None:
    """Return how old the newest delivery may be: the ``latency`` of the service levels, in days."""
    for place in contract.items("slaProperties"):
        if place.get("property", str) == "latency":
            place.choice("unit", ("d",))
            return place.get("value", int)
    return None


def _column(place: Document) -> Column:
    """Return one column, checked."""
    logical_type = place.choice("logicalType", tuple(LOGICAL_TYPES))
    physical_type = place.get("physicalType", str).lower()
    if not re.fullmatch(LOGICAL_TYPES[logical_type], physical_type):
        place.at("physicalType").wrong(
            f"physicalType {physical_type!r} cannot stand behind logicalType {logical_type!r}"
        )
    options = place.at("logicalTypeOptions")
    for unknown in sorted(set(place.get("logicalTypeOptions", dict, {})) - set(_OPTIONS)):
        options.wrong(f"landing does not know the option {unknown!r}")
    custom = place.custom(_COLUMN_CUSTOM)
    return Column(
        name=place.get("name", str),
        description=place.get("description", str),
        logical_type=logical_type,
        physical_type=physical_type,
        required=place.get("required", bool, default=False),
        key_position=_key_position(place),
        classification=place.maybe("classification", str),
        enum=tuple(item.get("value", str) for item in place.items("enum")),
        minimum=options.bound("minimum"),
        maximum=options.bound("maximum"),
        pattern=options.maybe("pattern", str),
        max_length=options.maybe("maxLength", int),
        before_delivery=custom.get("beforeDelivery", bool, default=False),
        made_up=custom.get("madeUp", bool, default=False),
    )


def _key_position(place: Document) -> int | None:
    """Return the column's place in the primary key; a key's columns must be required."""
    if not place.get("primaryKey", bool, default=False):
        return None
    if not place.get("required", bool, default=False):
        place.at("primaryKey").wrong("a primary key's columns must be required")
    return place.get("primaryKeyPosition", int, 1)


def _check_columns(table: Document, columns: tuple[Column, ...], entity: str) -> None:
    """Refuse a table without columns, with odd names, or with two columns of one name."""
    if table.get("name", str) != entity:
        table.at("name").wrong(f"the table must be named {entity}, as the file is")
    if not columns:
        table.at("properties").wrong("a table needs at least one column")
    names = [column.name for column in columns]
    for place, name in zip(table.items("properties"), names, strict=True):
        if not _NAME.fullmatch(name):
            place.at("name").wrong(f"column {name!r}: names are lower case, digits and _")
        if names.count(name) > 1:
            place.at("name").wrong(f"column {name!r} is described twice")

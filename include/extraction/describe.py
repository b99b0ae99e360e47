"""Describe: what to ask of which source, from ``<source>__<entity>.extract.yaml``.

The file lies beside the extract's contract, which alone says what the columns are and how the
file is written. A description holds no secret, only the names of environment variables.
"""

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from include.extraction.errors import DescriptionError

SUFFIX, CONTRACT = ".extract.yaml", ".odcs.yaml"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Database(_Model):
    """A query to any database SQLAlchemy knows; ``:since`` and ``:until`` are its window."""

    url_from: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")  # the variable that holds the URL
    query: str


class ByPage(_Model):
    """Pages with a number; the first empty one is the end."""

    by: Literal["page"]
    parameter: str = "page"
    first: int = 1


class ByCursor(_Model):
    """Each page names the next at ``next``; no name is the end."""

    by: Literal["cursor"]
    parameter: str
    next: str


class ByLink(_Model):
    """Each page's ``Link`` header has the address of the next; no such link is the end."""

    by: Literal["link"]


class Api(_Model):
    """A GET for each page of JSON; ``{since}`` and ``{until}`` in ``parameters`` are its window."""

    url: str
    token_from: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]*$")
    parameters: dict[str, str] = {}
    records: str = ""  # the path of the list in a page; empty: the page is the list
    columns: dict[str, str] = {}  # a column's path in a record, where it is not its name
    paging: Annotated[ByPage | ByCursor | ByLink, Field(discriminator="by")] | None = None

    @model_validator(mode="after")
    def _is_private(self) -> Self:
        """Refuse an address that would send the token and people's data in the clear."""
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValueError("url must be https:// (http:// only to this machine)")
        return self


class _Described(_Model):
    database: Database | None = None
    api: Api | None = None
    cursor: str | None = None
    start: Annotated[date, Field(strict=False)] | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.database is None) == (self.api is None):
            raise ValueError("an extract has either a database or an api")
        if (self.cursor is None) != (self.start is None):
            raise ValueError("cursor and start come together: a column, and its first day")
        return self


@dataclass(frozen=True, kw_only=True)
class Extract:
    """One source to ask, and the file to make of its answer."""

    source: str
    entity: str
    asked: Database | Api
    types: dict[str, str]  # the contract's columns, in its order, with their physical types
    has_key: bool
    format: str
    is_gzip: bool = False
    cursor: str | None = None
    start: date | None = None

    @property
    def name(self) -> str:
        """``<source>.<entity>``, as landing says it."""
        return f"{self.source}.{self.entity}"

    @property
    def file_name(self) -> str:
        """The name of every file this extract delivers."""
        return f"{self.entity}.{self.format}{'.gz' if self.is_gzip else ''}"


def list_extracts(folder: Path) -> list[Extract]:
    """Return every extract described in ``folder``, by source and entity."""
    return [load_extract(file) for file in sorted(folder.glob(f"*{SUFFIX}"))]


def load_extract(file: Path) -> Extract:
    """Read a description and its contract; a :class:`DescriptionError` says what is wrong."""
    source, _, entity = file.name.removesuffix(SUFFIX).partition("__")
    contract_file = file.with_name(f"{source}__{entity}{CONTRACT}")
    if not contract_file.is_file():
        raise DescriptionError(f"{file}: there is no contract {contract_file.name} beside it")
    try:
        described = _Described.model_validate(_read(file))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise DescriptionError(f"{file}: {where or 'the file'}: {first['msg']}") from None
    contract = _read(contract_file)
    [server], [table] = contract["servers"], contract["schema"]
    custom = {c["property"]: c.get("value") for c in server.get("customProperties") or ()}
    extract = Extract(
        source=source,
        entity=entity,
        asked=described.database or described.api,  # type: ignore[arg-type]  # one is there
        types={c["name"]: c["physicalType"].lower() for c in table["properties"]},
        has_key=any(c.get("primaryKey") for c in table["properties"]),
        format=server["format"],
        is_gzip=custom.get("compression") == "gzip",
        cursor=described.cursor,
        start=described.start,
    )
    _check(file, extract, pattern=server["path"].rpartition("/")[2])
    return extract


def _check(file: Path, extract: Extract, *, pattern: str) -> None:
    """Refuse what does not fit the contract."""
    problems = {
        f"the contract says {extract.format}; an extract writes jsonl or parquet": (
            extract.format not in {"jsonl", "parquet"}
        ),
        f"it would write {extract.file_name}, and the contract wants {pattern}": (
            not fnmatchcase(extract.file_name, pattern)
        ),
        f"cursor {extract.cursor!r} is no date or timestamp column of the contract": (
            extract.cursor is not None
            and extract.types.get(extract.cursor, "").split("(")[0] not in {"date", "timestamp"}
        ),
    }
    for problem, is_wrong in problems.items():
        if is_wrong:
            raise DescriptionError(f"{file}: {problem}")


def _read(file: Path) -> Any:  # noqa: ANN401 - YAML holds anything
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise DescriptionError(f"{file}{line}: not YAML: {getattr(error, 'problem', '')}") from None

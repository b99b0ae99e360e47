"""Layout: how an extract's files are named and written, read from its contract and checked.

Light on purpose, as :mod:`include.landing.contract` is.
"""

from dataclasses import dataclass

from include.landing.odcs import Document

ENCODINGS = ("UTF-8", "UTF-16", "ISO-8859-1", "ISO-8859-15", "WINDOWS-1250", "WINDOWS-1252")
DELIMITERS, QUOTES = (",", ";", "\t", "|", ":", "~", "^"), ('"', "'")
DECIMAL_MARKS = (".", ",")
THOUSANDS_MARKS = ("", ",", ".", "'", "’", "_", " ", "\u00a0", "\u202f")
FORMATS = ("csv", "jsonl", "parquet")
_DEPTH = 3  # <source>/<entity>/<date>/<file>
SERVER_CUSTOM = (
    "compression",
    "delimiter",
    "quote",
    "lineBreaksInFields",
    "maxBytes",
    "maxRows",
)
SERVER_KEYS = (
    *("server", "type", "path", "format", "encoding", "customProperties"),
    *("id", "description", "environment", "roles"),
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

    def other_delimiter(self, header: str, columns: set[str]) -> str | None:
        """Return the delimiter by which ``header`` does have the ``columns``."""
        bare = header.replace(self.quote, "")
        return next((mark for mark in DELIMITERS if set(bare.split(mark)) == columns), None)


def read_layout(contract: Document, folder: str) -> Layout:
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


def read_marks(custom: Document, layout: Layout) -> tuple[str, str]:
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

"""Delivery: find an extract's files, know them by their bytes, hold them to their manifest.

The digest is taken before anything parses a file; a file too large to be taken is not read whole
for it. What rows hold is no business of this module.
"""

import codecs
import gzip
import hashlib
import json
import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

from include.landing.contract import Contract, Layout
from include.landing.errors import ExtractRefusedError

logger = logging.getLogger(__name__)

MANIFEST = ".manifest.json"
_BEING_WRITTEN = (".tmp", ".part", ".crdownload")
_CHUNK = 1 << 20
_ENDLESS = 8 << 20  # in any encoding, more than a line may have
_WILDCARDS = "*?[]{}"
MAX_GZIP_RATIO = 200  # real extracts pack 5 to 50 times; beyond it is a bomb
_FREE_BYTES = 64 << 20  # a small file may pack as well as it likes


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One file in the landing folder, and the day it was delivered."""

    file: Path
    path: str  # relative to the landing folder
    delivered_on: date


@dataclass(frozen=True, kw_only=True)
class Arrival(Delivery):
    """A delivery whose bytes are known."""

    sha256: str  # `head-` and the digest of size and first bytes, where the rest was not read
    size: int
    modified: int
    excess: str | None = None  # why the rest was not read: the file is too large, or has no lines

    @property
    def batch_id(self) -> str:
        """The day and the bytes: enough to be one batch, and readable."""
        return f"{self.delivered_on:%Y%m%d}-{self.sha256[:16]}"


def find_deliveries(
    contract: Contract, *, landing: Path, as_of: date
) -> tuple[list[Delivery], list[tuple[str, str]]]:
    """Return the files delivered up to ``as_of``, oldest first, and what is there but no delivery.

    A file that is still being written (``.tmp``, ``.part``, hidden) is left alone.
    """
    folder = landing / contract.source / contract.entity
    days = [(day, _date(day)) for day in _entries(folder)]
    no_date = "the folder of a delivery is named after its date, YYYY-MM-DD"
    strays = [(_shown(day.relative_to(landing)), no_date) for day, on in days if on is None]
    found: list[Delivery] = []
    for day, delivered_on in days:
        if delivered_on is None or delivered_on > as_of:
            continue
        for file in _entries(day):
            path = _shown(file.relative_to(landing))
            if stray := _why_stray(contract, file):
                strays.append((path, stray))
            elif not file.name.endswith(MANIFEST):
                found.append(Delivery(file=file, path=path, delivered_on=delivered_on))
    return found, strays


def _entries(folder: Path) -> list[Path]:
    """Return what is in ``folder``, by name, without what is hidden or still being written."""
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    return [e for e in entries if not e.name.startswith(".") and e.suffix not in _BEING_WRITTEN]


def _shown(path: Path) -> str:
    """Return a path as text that a table can hold; what is not UTF-8 in it as an escape."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _why_stray(contract: Contract, file: Path) -> str | None:
    """Return why a file is neither a delivery nor the manifest of one."""
    if file.name.endswith(MANIFEST):
        is_alone = not file.with_name(file.name.removesuffix(MANIFEST)).exists()
        return "a manifest whose file is not there" if is_alone else None
    if _shown(file) != str(file):
        return "its name is not UTF-8"
    if set(file.name) & set(_WILDCARDS):
        return f"its name has a wildcard ({_WILDCARDS}), which SQL would read as a pattern"
    if file.is_file() and fnmatchcase(file.name, contract.layout.pattern):
        return None
    return f"not a file named as the contract says ({contract.layout.pattern})"


def _date(folder: Path) -> date | None:
    try:
        day = date.fromisoformat(folder.name)
    except ValueError:
        return None
    return day if folder.is_dir() and day.isoformat() == folder.name else None


def identify(delivery: Delivery, layout: Layout) -> Arrival:
    """Return the delivery with what its bytes are.

    Of a file that is refused for its size whatever it holds, only the first bytes are read: more
    than ``maxBytes``, or a text that goes on and on without a line break. It has an ``excess``, and
    is known by the digest of its size and those bytes: the same file is the same refusal again.
    """
    before = delivery.file.stat()
    excess = None
    with delivery.file.open("rb") as file:
        if layout.max_bytes is not None and before.st_size > layout.max_bytes:
            excess = _over(before.st_size, layout.max_bytes, "bytes")
            digest = _digest_of_head(before.st_size, file.read(_CHUNK))
        elif layout.format == "parquet" or layout.is_gzip:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        else:
            digest, excess = _digest_of_lines(file, before.st_size)
    return Arrival(
        file=delivery.file,
        path=delivery.path,
        delivered_on=delivery.delivered_on,
        sha256=digest,
        size=before.st_size,
        modified=before.st_mtime_ns,
        excess=excess,
    )


def _digest_of_lines(file: BinaryIO, size: int) -> tuple[str, str | None]:
    """Return a text's digest; or that of its head, and why, where a line seems to have no end."""
    digest, read, last_break, head = hashlib.sha256(), 0, 0, b""
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        head = head or chunk
        if (found := chunk.rfind(b"\n")) >= 0:
            last_break = read + found + 1
        read += len(chunk)
        if read - last_break > _ENDLESS:
            why = (
                f"the line that begins at byte {last_break:,} is longer than {_ENDLESS:,} bytes; "
                "its line breaks may be missing"
            )
            return _digest_of_head(size, head), why
    return digest.hexdigest(), None


def _digest_of_head(size: int, head: bytes) -> str:
    return f"head-{hashlib.sha256(str(size).encode() + head).hexdigest()}"


def hold_to_manifest(arrival: Arrival) -> int | None:
    """Return the rows the manifest says, None without one; refuse other bytes than it says."""
    manifest = arrival.file.with_name(arrival.file.name + MANIFEST)
    if not manifest.exists():
        return None
    try:
        said = json.loads(manifest.read_text(encoding="utf-8"))
        rows, size, sha256 = said["rows"], said["bytes"], said["sha256"]
        is_typed = isinstance(rows, int) and isinstance(size, int) and isinstance(sha256, str)
    except (ValueError, KeyError, TypeError, RecursionError, IsADirectoryError) as error:
        raise ExtractRefusedError("its manifest has no rows, bytes and sha256") from error
    if not is_typed:
        raise ExtractRefusedError("its manifest's rows and bytes are not numbers, sha256 not text")
    if size != arrival.size:
        raise ExtractRefusedError(f"it has {arrival.size} bytes; its manifest says {size}")
    if sha256.lower() != arrival.sha256:
        raise ExtractRefusedError("its bytes are not those its manifest's sha256 was taken of")
    return int(rows)


def hold_to_limit(found: int, limit: int | None, unit: str) -> None:
    """Refuse a file with more than its contract allows."""
    if limit is not None and found > limit:
        raise ExtractRefusedError(_over(found, limit, unit))


def _over(found: int, limit: int, unit: str) -> str:
    return f"it has {found:,} {unit}; the contract allows {limit:,}"


def refuse_if_changed(arrival: Arrival) -> None:
    """Refuse a file that was written to while it was being read."""
    now = arrival.file.stat()
    if (now.st_size, now.st_mtime_ns) != (arrival.size, arrival.modified):
        raise ExtractRefusedError("it changed while it was being read; deliver under a new name")


def unpack(contract: Contract, delivery: Delivery, *, scratch: Path) -> Path:
    """Return the file as plain UTF-8 (or Parquet), unpacked into ``scratch`` where it must be."""
    layout = contract.layout
    is_utf_8 = layout.encoding == "UTF-8"
    if layout.format == "parquet" or (is_utf_8 and not layout.is_gzip):
        return delivery.file
    plain = scratch / "plain"
    decoder = codecs.getincrementaldecoder(layout.encoding)("strict")
    try:
        with plain.open("wb") as file:
            for chunk in _chunks(delivery.file, is_gzip=layout.is_gzip):
                file.write(chunk if is_utf_8 else decoder.decode(chunk).encode("utf-8"))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ExtractRefusedError(f"it cannot be unpacked whole: {error}") from error
    except UnicodeDecodeError as error:
        raise ExtractRefusedError(f"it is not {layout.encoding}: {error.reason}") from error
    return plain


def _chunks(path: Path, *, is_gzip: bool) -> Iterator[bytes]:
    """Yield a file's plain bytes; gzip is unpacked with its checksum, and never without end."""
    if not is_gzip:
        with path.open("rb") as file:
            yield from iter(lambda: file.read(_CHUNK), b"")
        return
    size = path.stat().st_size
    if size == 0:  # gzip's reader takes it for a whole file
        raise EOFError("it has no bytes")
    limit = _FREE_BYTES + MAX_GZIP_RATIO * size
    total = 0
    with gzip.open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            total += len(chunk)
            if total > limit:
                raise ExtractRefusedError(
                    f"it unpacks to more than {MAX_GZIP_RATIO} times its size"
                )
            yield chunk

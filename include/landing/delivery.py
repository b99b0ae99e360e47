"""Delivery: know a file by its bytes, and hold it to its manifest.

The digest is taken before anything parses a file; a file too large to be taken is not read whole
for it. Which files there are belongs in :mod:`include.landing.finding`, how one is unpacked in
:mod:`include.landing.unpacking`; what rows hold is no business of this module.
"""

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import date
from io import BufferedReader
from pathlib import Path

from include.landing.contract import Layout
from include.landing.errors import ExtractRefusedError, UnreadableError

logger = logging.getLogger(__name__)

MANIFEST = ".manifest.json"
_CHUNK = 1 << 19  # what stays in a core's cache from the read to the digest
_ENDLESS = 8 << 20  # in any encoding, more than a line may have
_MAX_MANIFEST = 1 << 20  # three figures; whatever is larger is something else


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


def identify(delivery: Delivery, layout: Layout) -> Arrival:
    """Return the delivery with what its bytes are.

    Of a file that is refused for its size whatever it holds, only the first bytes are read: more
    than ``maxBytes``, or a text that goes on and on without a line break. It has an ``excess``, and
    is known by the digest of its size and those bytes: the same file is the same refusal again.
    Raises :class:`UnreadableError` where no bytes come.
    """
    try:
        before = delivery.file.stat()
        with delivery.file.open("rb") as file:
            digest, excess = _digest(file, before.st_size, layout)
    except OSError as error:
        raise UnreadableError(f"it cannot be read: {error.strerror}") from error
    return Arrival(
        file=delivery.file,
        path=delivery.path,
        delivered_on=delivery.delivered_on,
        sha256=digest,
        size=before.st_size,
        modified=before.st_mtime_ns,
        excess=excess,
    )


def _digest(file: BufferedReader, size: int, layout: Layout) -> tuple[str, str | None]:
    """Return a file's digest; or that of its head, and why the rest was not read."""
    if layout.max_bytes is not None and size > layout.max_bytes:
        return _digest_of_head(size, file.read(_CHUNK)), _over(size, layout.max_bytes, "bytes")
    if layout.format == "parquet" or layout.is_gzip:
        return hashlib.file_digest(file, "sha256").hexdigest(), None
    return _digest_of_lines(file, size)


def _digest_of_lines(file: BufferedReader, size: int) -> tuple[str, str | None]:
    """Return a text's digest; or that of its head, and why, where a line seems to have no end."""
    digest, read, last_break, head = hashlib.sha256(), 0, 0, b""
    buffer = bytearray(_CHUNK)  # one for all: a new one each time costs half as much as the digest
    while taken := file.readinto(buffer):
        view = memoryview(buffer)[:taken]
        digest.update(view)
        head = head or bytes(view)
        if (found := buffer.rfind(b"\n", 0, taken)) >= 0:
            last_break = read + found + 1
        read += taken
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
    if not manifest.is_file() or manifest.stat().st_size > _MAX_MANIFEST:  # a pipe never ends
        raise ExtractRefusedError("its manifest has no rows, bytes and sha256: it is no small file")
    try:
        said = json.loads(manifest.read_text(encoding="utf-8"))
        rows, size, sha256 = said["rows"], said["bytes"], said["sha256"]
        is_typed = isinstance(rows, int) and isinstance(size, int) and isinstance(sha256, str)
    except (ValueError, KeyError, TypeError, RecursionError, OSError) as error:
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
    """Refuse a file that was written to, or taken away, while it was being read."""
    try:
        now = arrival.file.stat()
    except OSError as error:
        raise ExtractRefusedError("it went away while it was being read") from error
    if (now.st_size, now.st_mtime_ns) != (arrival.size, arrival.modified):
        raise ExtractRefusedError("it changed while it was being read; deliver under a new name")

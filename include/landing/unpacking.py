"""Unpacking: a delivered file as plain UTF-8, which a thread writes while it is being read.

Nothing lands of a file that does not turn out whole: the checksum comes at its end, and whoever
reads waits for it. What a delivery is belongs in :mod:`include.landing.delivery`.
"""

import codecs
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Condition

from include.landing.contract import Contract, Layout
from include.landing.delivery import Delivery
from include.landing.errors import ExtractRefusedError

MAX_GZIP_RATIO = 200  # real extracts pack 5 to 50 times; beyond it is a bomb
_FREE_BYTES = 64 << 20  # a small file may pack as well as it likes
_CHUNK, _PACKED_CHUNK = 1 << 20, 1 << 15  # the latter unpacks to 32 MB at the very most
_GZIP = 16 + zlib.MAX_WBITS  # zlib then reads gzip, with its header and checksum

Wait = Callable[[int], None]


class Plain:
    """A file's plain bytes: all of them there, or still being written by a thread."""

    def __init__(self, path: Path, *, is_whole: bool) -> None:
        """Take the file's place, and whether it is there already."""
        self.path = path
        self._is_whole = is_whole
        self._size = 0
        self._error: Exception | None = None
        self._changed = Condition()

    def wait(self, size: int) -> None:
        """Return once ``size`` bytes can be read, or all there are; raise what has gone wrong."""
        if self._is_whole and not self._error:
            return
        with self._changed:
            self._changed.wait_for(lambda: self._is_whole or self._size >= size)
        if self._error:
            raise self._error

    def fill(self, chunks: Iterator[bytes]) -> None:
        """Write ``chunks``, until there are no more or nobody wants them."""
        try:
            with self.path.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                    file.flush()
                    with self._changed:
                        if self._is_whole:  # given up
                            return
                        self._size += len(chunk)
                        self._changed.notify_all()
        except Exception as error:
            self._error = error
            raise
        finally:
            self.end()

    def end(self) -> None:
        """Let nobody wait any longer, and write no more."""
        with self._changed:
            self._is_whole = True
            self._changed.notify_all()


@contextmanager
def unpacked(contract: Contract, delivery: Delivery, *, scratch: Path) -> Iterator[Plain]:
    """Give the file as plain UTF-8 (or Parquet), unpacked into ``scratch`` where it must be.

    A file that is not whole is refused as that, whatever else is wrong with it.
    """
    layout = contract.layout
    if layout.format == "parquet" or (layout.encoding == "UTF-8" and not layout.is_gzip):
        yield Plain(delivery.file, is_whole=True)
        return
    plain = Plain(scratch / "plain", is_whole=False)
    plain.path.touch()
    with ThreadPoolExecutor(1) as pool:
        filled = pool.submit(plain.fill, _plain_chunks(layout, delivery.file))
        try:
            yield plain
        except ExtractRefusedError:
            filled.result()
            raise
        except BaseException:
            plain.end()
            raise
        filled.result()


def _plain_chunks(layout: Layout, path: Path) -> Iterator[bytes]:
    """Yield the file as UTF-8; refuse it where it is damaged, or in another encoding."""
    chunks = _gunzip(path) if layout.is_gzip else _read(path)
    try:
        if layout.encoding == "UTF-8":
            yield from chunks
            return
        decoder = codecs.getincrementaldecoder(layout.encoding)("strict")
        for chunk in chunks:
            yield decoder.decode(chunk).encode("utf-8")
        decoder.decode(b"", final=True)  # a character may have been cut short
    except zlib.error as error:
        is_gzip = "header" not in str(error)  # which goes on with its bytes
        why = str(error) if is_gzip else "not all of it is gzip, as its contract says it is"
        raise ExtractRefusedError(f"it cannot be unpacked whole: {why}") from error
    except UnicodeDecodeError as error:
        raise ExtractRefusedError(f"it is not {layout.encoding}: {error.reason}") from error


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(_CHUNK), b"")


def _gunzip(path: Path) -> Iterator[bytes]:
    """Yield what gzip has packed, member by member, with its checksums, and never without end."""
    size = path.stat().st_size
    if size == 0:
        raise ExtractRefusedError("it cannot be unpacked whole: it has no bytes")
    limit = _FREE_BYTES + MAX_GZIP_RATIO * size
    member, total = zlib.decompressobj(_GZIP), 0
    with path.open("rb") as file:
        while packed := file.read(_PACKED_CHUNK):
            packed = packed.lstrip(b"\0") if member.eof else packed
            while packed:
                member = zlib.decompressobj(_GZIP) if member.eof else member
                chunk = member.decompress(packed)
                total += len(chunk)
                if total > limit:
                    raise ExtractRefusedError(
                        f"it unpacks to more than {MAX_GZIP_RATIO} times its size"
                    )
                yield chunk
                packed = member.unused_data.lstrip(b"\0")  # padding may follow a member
    if not member.eof:
        why = "it ends halfway, so it has been cut short"
        raise ExtractRefusedError(f"it cannot be unpacked whole: {why}")

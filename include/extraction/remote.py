"""Remote: copy what was delivered to ``s3://``, ``gs://`` or ``az://`` into the landing folder.

Landing itself stays local: it reads every file by its digest first, from a disk. fsspec, because
one package a store is all a new store takes; the lock has those of ``PACKAGES``.
"""

import hashlib
import json
import logging
import re
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import fsspec

from include.extraction.alone import alone
from include.extraction.cursor import MANIFEST
from include.extraction.errors import DescriptionError, SourceError
from include.settings import Settings
from include.warehouse import make_private_folder, sync_file

logger = logging.getLogger(__name__)

PACKAGES = {"s3": ("s3fs", "s3"), "gs": ("gcsfs", "gcs"), "az": ("adlfs", "azure")}  # and extra
INDEX = ".remote.json"  # what was copied, as it was; without it everything is copied once more
# <source>/<entity>/<date>/<file>, and nothing that could lead out of the landing folder.
_NAME = r"[a-z][a-z0-9_]*"
_DELIVERY = re.compile(
    rf"{_NAME}/{_NAME}/(?P<day>\d{{4}}-\d\d-\d\d)/"
    r"(?P<name>[^./\\\x00-\x1f][^/\\\x00-\x1f]*)"
)
_BEING_WRITTEN = (".tmp", ".part", ".crdownload")  # as landing knows them
_VERSIONS = ("ETag", "etag", "md5Hash", "content_md5", "generation")  # s3; az; gs; az; gs


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One object as the store lists it."""

    size: int
    version: str


def run(as_of: str) -> int:
    """Copy what the store of the settings holds, as the scheduler does; 0 files without one."""
    settings = Settings.from_env()
    if settings.landing_url is None:
        return 0
    return sync(settings.landing_url, as_of=date.fromisoformat(as_of), landing=settings.landing)


def sync(url: str, *, as_of: date, landing: Path) -> int:
    """Copy new and changed deliveries up to ``as_of``, and return how many files.

    A file goes in with its manifest, once its bytes are those the manifest says. What is gone from
    the store stays: landing has it. Raises :class:`SourceError` for files that could not be copied
    whole, after all others were.
    """
    files, root = _open(url)
    wrong: list[str] = []
    with alone(landing, what=url) as scratch:
        listed = _list(files, root, as_of=as_of)
        known = _read_index(landing)
        changed = {
            path
            for path, copy in listed.items()
            if known.get(path) != asdict(copy) or not (landing / path).exists()
        }
        try:
            for path in sorted({path.removesuffix(MANIFEST) for path in changed} & set(listed)):
                pair = [name for name in (path + MANIFEST, path) if name in listed]
                fetched = {name: scratch / str(n) for n, name in enumerate(pair)}
                if problem := _fetch(files, root, listed, fetched):
                    wrong.append(f"  {path}: {problem}")
                    continue
                for name, file in fetched.items():
                    _put(file, landing / name)
                    known[name] = asdict(listed[name])
        finally:
            _write_index(landing, known, scratch / "index")
    logger.info("%s: %d files to copy, of %d", url, len(changed), len(listed))
    if wrong:
        lines = "\n".join(wrong)
        raise SourceError(
            f"{url}: {len(wrong)} deliveries were not copied; all others were.\n{lines}\nSomeone "
            f"may still be writing them: clear this task. If it stays so, ask for a new delivery."
        )
    return len(changed)


def _open(url: str) -> tuple[Any, str]:
    """Return the store's file system and the folder in it."""
    protocol = url.partition("://")[0]
    if protocol not in PACKAGES:
        raise DescriptionError(
            f"TESSERA_LANDING_URL is {url}; it must begin with "
            f"{', '.join(f'{name}://' for name in PACKAGES)}"
        )
    try:
        files, root = fsspec.url_to_fs(url, skip_instance_cache=True, use_listings_cache=False)
    except ImportError:
        package, extra = PACKAGES[protocol]
        raise DescriptionError(
            f"{url} needs the package {package}. Install Tessera's extra {extra!r}, or "
            "requirements.lock, which has it; then clear this task."
        ) from None
    except Exception as error:  # noqa: BLE001 - as in _list; some stores want credentials at once
        raise _unreachable(url, error) from None
    return files, str(root).rstrip("/")


def _list(files: Any, root: str, *, as_of: date) -> dict[str, Copy]:  # noqa: ANN401 - any store
    """Return the deliveries up to ``as_of`` by their path in the landing folder."""
    try:
        found = files.find(root, detail=True)
    except Exception as error:  # noqa: BLE001 - each store has its own errors, with no common base
        raise _unreachable(root, error) from None
    copies: dict[str, Copy] = {}
    strays = 0
    for key, info in found.items():
        path = str(key).removeprefix(f"{root}/")
        match = _DELIVERY.fullmatch(path)
        day = _day(match["day"]) if match else None
        if match is None or day is None:
            strays += 1
        elif day <= as_of and not match["name"].endswith(_BEING_WRITTEN):
            copies[path] = _copy(info)
    if strays:
        logger.warning("%s: %d objects are no <source>/<entity>/<date>/<file>", root, strays)
    return copies


def _copy(info: dict[str, Any]) -> Copy:
    version = next((str(info[name]) for name in _VERSIONS if info.get(name)), "")
    return Copy(size=int(info["size"]), version=version)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _fetch(
    files: Any,  # noqa: ANN401 - any store
    root: str,
    listed: dict[str, Copy],
    fetched: dict[str, Path],
) -> str | None:
    """Download a delivery and its manifest, and return what is wrong with what came."""
    for name, file in fetched.items():
        try:
            files.get_file(f"{root}/{name}", str(file))
            now = _copy(files.info(f"{root}/{name}"))
        except Exception as error:  # noqa: BLE001 - as in _list
            raise _unreachable(f"{root}/{name}", error) from None
        if now != listed[name] or file.stat().st_size != now.size:
            return "it changed while it was being copied"
    *manifests, delivered = fetched.values()
    for manifest in manifests:
        try:
            said = json.loads(manifest.read_text(encoding="utf-8"))["sha256"].lower()
        except (ValueError, KeyError, TypeError, AttributeError):
            return "its manifest has no sha256"
        with delivered.open("rb") as data:
            if hashlib.file_digest(data, "sha256").hexdigest() != said:
                return "its bytes are not those its manifest's sha256 was taken of"
    return None


def _put(file: Path, to: Path) -> None:
    """Move a whole file to its place, readable by its owner alone."""
    make_private_folder(to.parent)
    file.chmod(0o600)
    sync_file(file)
    file.replace(to)
    sync_file(to.parent)


def _read_index(landing: Path) -> dict[str, object]:
    """Return what was copied before; a lost or damaged index costs time, and nothing else."""
    try:
        index: dict[str, object] = json.loads((landing / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return index if isinstance(index, dict) else {}


def _write_index(landing: Path, known: dict[str, object], scratch: Path) -> None:
    scratch.write_text(json.dumps(known, indent=0, sort_keys=True), encoding="utf-8")
    _put(scratch, landing / INDEX)


def _unreachable(what: str, error: Exception) -> SourceError:
    said = str(error).partition("\n")[0]
    return SourceError(
        f"{what} cannot be read: {type(error).__name__} {said}. See that the address and the "
        f"store's own credentials are right; then clear this task."
    )

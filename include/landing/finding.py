"""Finding: which files an extract's folder holds, and what lies there and is no delivery.

Nothing is opened here: a pipe would never end, and a link may lead anywhere. What a file's bytes
are belongs in :mod:`include.landing.delivery`.
"""

import os
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from stat import S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFMT, S_IFSOCK, S_ISREG

from include.landing.contract import Contract
from include.landing.delivery import MANIFEST, Delivery

_BEING_WRITTEN = (".tmp", ".part", ".crdownload")
_WILDCARDS = "*?[]{}"
_NOT_ALLOWED = "whoever runs the pipeline may not read it; give that user leave (chmod, chown)"
_KINDS = {
    S_IFDIR: "a folder",
    S_IFIFO: "a pipe",
    S_IFSOCK: "a socket",
    S_IFBLK: "a device",
    S_IFCHR: "a device",
}


def find_deliveries(
    contract: Contract, *, landing: Path, as_of: date
) -> tuple[list[Delivery], list[tuple[str, str]]]:
    """Return the files delivered up to ``as_of``, oldest first, and what is there but no delivery.

    A file that is still being written (``.tmp``, ``.part``, hidden) is left alone.
    """
    folder = landing / contract.source / contract.entity
    days = [(day, _date(day)) for day in _entries(folder)]
    home = landing.resolve()
    no_date = "the folder of a delivery is named after its date, YYYY-MM-DD"
    strays = [(_shown(day.relative_to(landing)), no_date) for day, on in days if on is None]
    found: list[Delivery] = []
    for day, delivered_on in days:
        if delivered_on is None or delivered_on > as_of:
            continue
        if not _may_read(day):
            strays.append((_shown(day.relative_to(landing)), _NOT_ALLOWED))
            continue
        for file in _entries(day):
            path = _shown(file.relative_to(landing))
            if stray := _why_stray(contract, file, home=home):
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


def _why_stray(contract: Contract, file: Path, *, home: Path) -> str | None:
    """Return why a file is neither a delivery nor the manifest of one, and what to do."""
    if file.name.endswith(MANIFEST):
        is_alone = not file.with_name(file.name.removesuffix(MANIFEST)).exists()
        return "a manifest whose file is not there" if is_alone else None
    if _shown(file) != str(file):
        return "its name is not UTF-8"
    if set(file.name) & set(_WILDCARDS):
        return f"its name has a wildcard ({_WILDCARDS}), which SQL would read as a pattern"
    if not fnmatchcase(file.name, contract.layout.pattern):
        return f"not a file named as the contract says ({contract.layout.pattern})"
    return _why_no_file(file, home=home)


def _why_no_file(file: Path, *, home: Path) -> str | None:
    """Return why what has a delivery's name cannot be read as one; None for a plain file."""
    manifest = file.with_name(file.name + MANIFEST)
    try:
        for path, whose in ((file, "it"), (manifest, "its manifest")):
            if not path.resolve().is_relative_to(home):
                return f"{whose} is a link that leads out of the landing folder; copy the file here"
        mode = file.stat().st_mode
    except PermissionError:
        return _NOT_ALLOWED
    except (OSError, RuntimeError):  # Python's word for links in a circle
        return "a link to nothing"
    if not S_ISREG(mode):
        return f"{_KINDS.get(S_IFMT(mode), 'something else')}, not a file"
    return None if _may_read(file) else _NOT_ALLOWED


def _may_read(path: Path) -> bool:
    mode = os.R_OK | os.X_OK if path.is_dir() else os.R_OK
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _date(folder: Path) -> date | None:
    try:
        day = date.fromisoformat(folder.name)
    except ValueError:
        return None
    return day if folder.is_dir() and day.isoformat() == folder.name else None

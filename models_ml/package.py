"""Package: a model as native files and a manifest of their SHA-256, checked before any parse.

Files are text or ``.npz`` without pickles: nothing in a package runs when it is read.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

MANIFEST = "manifest.json"


class ModelDamagedError(RuntimeError):
    """A model's bytes are not those that were registered; it must not be parsed."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """A model's native files, the day it learned, and facts about it that JSON can hold."""

    trained_as_of: date
    facts: Mapping[str, Any]
    files: Mapping[str, bytes]

    @property
    def manifest(self) -> bytes:
        """The table of contents; equal packages have equal bytes."""
        contents = {
            "trained_as_of": self.trained_as_of.isoformat(),
            "facts": self.facts,
            "files": {name: sha256(content) for name, content in self.files.items()},
        }
        return json.dumps(contents, indent=1, sort_keys=True, allow_nan=False).encode()

    @property
    def digest(self) -> str:
        """What the registry remembers: the manifest's SHA-256, and through it every file's."""
        return sha256(self.manifest)

    @property
    def version(self) -> str:
        """The name people see: the day it learned, and what it learned.

        The same data and settings give the same name, however often one trains.
        """
        return f"{self.trained_as_of}-{self.digest[:8]}"

    def write(self, folder: Path) -> None:
        """Write manifest and files into ``folder``."""
        for name, content in {**self.files, MANIFEST: self.manifest}.items():
            (folder / name).write_bytes(content)

    @classmethod
    def read(cls, folder: Path, *, digest: str) -> Self:
        """Return the package in ``folder``, every byte checked against ``digest`` first.

        Raises:
            ModelDamagedError: a file is missing, or is not the one that was registered.
        """
        content = {path.name: path.read_bytes() for path in folder.iterdir()}
        manifest = _checked(MANIFEST, content, digest)
        contents = json.loads(manifest)
        return cls(
            trained_as_of=date.fromisoformat(contents["trained_as_of"]),
            facts=contents["facts"],
            files={n: _checked(n, content, expected) for n, expected in contents["files"].items()},
        )


def sha256(content: bytes) -> str:
    """Return the hex SHA-256 of ``content``."""
    return hashlib.sha256(content).hexdigest()


def _checked(name: str, content: Mapping[str, bytes], expected: str) -> bytes:
    """Return the bytes of file ``name`` where their SHA-256 is ``expected``."""
    found = content.get(name)
    if found is None or sha256(found) != expected:
        raise ModelDamagedError(
            f"The model file {name} is not what was registered (its SHA-256 differs), so it was "
            "not opened. Restore it from a backup, move the alias 'champion' to another "
            "version, or retrain with retrain='always'."
        )
    return found

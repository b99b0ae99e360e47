"""Deliver the demo's extracts into the landing folder.

What comes when is in `schedule`, what it says in `company` (from the source) and `web` (made up),
how it is written in `writing`.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from include.demo.company import open_company
from include.demo.schedule import ENTITIES, Entity
from include.demo.writing import Manifest, read_manifest, write_delivery
from include.settings import Settings
from include.warehouse import Connection

Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What lies in the landing folder for one entity, and how much of it was there before."""

    table: str
    files: int
    kept: int
    rows: int
    size_bytes: int


def run(progress: Progress = print) -> list[Delivered]:
    """Deliver into the home that the settings name."""
    settings = Settings.from_env()
    settings.make_home()
    return deliver(landing=settings.landing, progress=progress)


def deliver(*, landing: Path, progress: Progress = print) -> list[Delivered]:
    """Put every file that is not there yet into ``landing``, and return what lies there.

    A file with the digest its manifest states is kept as it is; the same source gives the same
    bytes.
    """
    kept = {entity: kept_of(entity, landing) for entity in ENTITIES}
    if all(len(manifests) == len(entity.dates) for entity, manifests in kept.items()):
        progress("The demo's delivery is there, file by file as its manifests state.")
        return [summary(entity, kept[entity], kept=len(kept[entity])) for entity in ENTITIES]
    with open_company() as connection:
        return [
            deliver_entity(connection, entity, kept[entity], landing=landing, progress=progress)
            for entity in ENTITIES
        ]


def kept_of(entity: Entity, landing: Path) -> dict[date, Manifest]:
    """Return the manifests of the days whose file is there and whole."""
    found = ((day, read_manifest(entity.file(landing, day))) for day in entity.dates)
    return {day: manifest for day, manifest in found if manifest is not None}


def deliver_entity(
    connection: Connection,
    entity: Entity,
    kept: dict[date, Manifest],
    *,
    landing: Path,
    progress: Progress,
) -> Delivered:
    """Write the days of one entity that are not ``kept``, two files at a time."""
    missing = [day for day in entity.dates if day not in kept]
    if not missing:
        return summary(entity, kept, kept=len(kept))
    progress(f"Writing {entity.source}/{entity.name}: {len(missing)} files")
    with ThreadPoolExecutor(max_workers=2) as pool:
        writing = {
            day: pool.submit(write_delivery, entity.file(landing, day), rows)
            for day, rows in entity.rows(connection, entity.dates)
            if day in missing
        }
        written = {day: future.result() for day, future in writing.items()}
    return summary(entity, kept | written, kept=len(kept))


def summary(entity: Entity, manifests: dict[date, Manifest], *, kept: int) -> Delivered:
    """Add up the manifests of one entity."""
    return Delivered(
        table=f"{entity.source}.{entity.name}",
        files=len(manifests),
        kept=kept,
        rows=sum(int(manifest["rows"]) for manifest in manifests.values()),
        size_bytes=sum(int(manifest["bytes"]) for manifest in manifests.values()),
    )

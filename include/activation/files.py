"""Files: an audience's CSVs and manifest, safe to open in a spreadsheet, and put in place whole."""

import hashlib
import json
import shutil
from datetime import date
from pathlib import Path

import polars as pl

from include.activation.channels import Audience
from include.activation.members import Members
from include.warehouse import make_private_folder, sync_file

# A spreadsheet runs a cell that begins so, or that begins so once it has trimmed it; the wide forms
# are what East Asian input methods type, and spreadsheets take them for the same characters.
EXECUTABLE = r"^(?:[\t\r\n\x00]|\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])"


def write_audience(folder: Path, audience: Audience, members: Members, *, as_of: date) -> str:
    """Write the audience's files into ``folder`` and return the full list's sha256."""
    lists = {
        f"{audience.name}.csv": members.rows,
        f"{audience.name}.added.csv": members.added,
        f"{audience.name}.removed.csv": members.removed,
    }
    described = {name: _write_csv(folder / name, rows) for name, rows in lists.items()}
    full, added, removed = described.values()
    manifest = {
        "audience": audience.name,
        "channel": audience.channel,
        "as_of": as_of.isoformat(),
        "columns": members.rows.columns,
        **full,
        "withheld": members.withheld,
        "compared_with": members.compared_with and members.compared_with.isoformat(),
        "added": added,
        "removed": removed,
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    _write(folder / f"{audience.name}.manifest.json", text.encode())
    return str(full["sha256"])


def escape(rows: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before every text that a spreadsheet would execute.

    Only text is text: numbers, dates and booleans have types, so a negative amount stays one.
    """
    text = pl.col(pl.String)
    return rows.with_columns(
        pl.when(text.str.contains(EXECUTABLE)).then(pl.lit("'") + text).otherwise(text).name.keep()
    )


def put_in_place(draft: Path, target: Path) -> None:
    """Make ``draft`` the folder ``target``, whole; what stood there before goes last.

    A target that holds the same files with the same bytes is left as it is.
    """
    if _contents(draft) == _contents(target):
        shutil.rmtree(draft)
        return
    for folder in (*(f for f in draft.rglob("*") if f.is_dir()), draft):
        sync_file(folder)
    former = target.with_name(f".{target.name}.former")
    shutil.rmtree(former, ignore_errors=True)
    if target.exists():
        target.rename(former)
    draft.rename(target)
    sync_file(target.parent)
    shutil.rmtree(former, ignore_errors=True)


def _write_csv(path: Path, rows: pl.DataFrame) -> dict[str, int | str]:
    """Write ``rows`` as CSV (UTF-8, LF, a header always) and describe the file."""
    content = escape(rows).write_csv(line_terminator="\n", quote_style="necessary").encode()
    _write(path, content)
    return {
        "rows": rows.height,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _write(path: Path, content: bytes) -> None:
    """Write one file for its owner alone, down to the disk."""
    make_private_folder(path.parent)
    path.touch(mode=0o600)
    path.write_bytes(content)
    sync_file(path)


def _contents(folder: Path) -> dict[Path, bytes]:
    """Return the digest of every file of ``folder`` by its place in it."""
    contents = {}
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").digest()
            contents[file.relative_to(folder)] = digest
    return contents

"""What lies in the landing folder and is no plain file of it is named and never opened."""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from include.landing import land as landing_run
from include.landing.errors import ExtractRefusedError
from include.landing.finding import find_deliveries
from tests.landing.door import ADA, BOB, FRIDAY, HEADER, MONDAY, ORDERS, TUESDAY, Door

NOBODY = 65534
OUT = "a link that leads out of the landing folder"
STRAYS = "SELECT path, note FROM ops.deliveries WHERE verdict = 'no delivery' ORDER BY path"


def linked_out(file: Path) -> None:
    """Link to a good file outside of the landing folder."""
    outside = file.parents[4] / "elsewhere.csv"
    outside.write_text(HEADER + BOB)
    file.symlink_to(outside)


def linked_up(file: Path) -> None:
    """Link out of the folder by steps upwards."""
    linked_out(file.with_name(".hidden"))
    file.symlink_to("../../../../elsewhere.csv")


def in_a_circle(file: Path) -> None:
    """Link a file to itself."""
    file.symlink_to(file)


def to_nothing(file: Path) -> None:
    """Link to a file that is not there."""
    file.symlink_to(file.with_name("gone"))


def a_socket(file: Path) -> None:
    """Bind a socket; by a short name, for a socket's path is short."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as made:
        made.bind(f"{folder}/s")
        shutil.move(f"{folder}/s", file)


def a_manifest_from_outside(file: Path) -> None:
    """Put a good file beside a manifest that is a link."""
    file.write_text(HEADER + BOB)
    linked_out(file.with_name(f"{file.name}.manifest.json"))


def _name(value: object) -> str:
    """Name a case the same in every worker: a function's text has its address."""
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (linked_out, OUT),
        (linked_up, OUT),
        (a_manifest_from_outside, "its manifest is a link that leads out"),
        (in_a_circle, "a link to nothing"),
        (to_nothing, "a link to nothing"),
        (lambda file: file.symlink_to("/dev/zero"), OUT),
        (Path.mkdir, "a folder, not a file"),
        (os.mkfifo, "a pipe, not a file"),
        (a_socket, "a socket, not a file"),
    ],
    ids=_name,
)
def test_it_is_refused_by_name_and_the_good_file_lands(
    door: Door, make: Callable[[Path], object], said: str
) -> None:
    door.deliver(TUESDAY, HEADER + ADA)
    make(door.file(MONDAY))
    with pytest.raises(ExtractRefusedError, match=said):
        door.land()
    assert door.values("order_id") == ["ada"]
    [(path, note)] = door.ask(STRAYS)
    assert path == "shop/orders/2025-03-03/orders.csv"
    assert said in note


def test_a_day_that_is_a_link_out_of_the_landing_folder_is_none(door: Door, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "orders.csv").write_text(HEADER + ADA)
    day = door.file(MONDAY).parent
    day.rmdir()
    day.symlink_to(outside)
    with pytest.raises(ExtractRefusedError, match=OUT):
        door.land()


def test_a_link_inside_the_landing_folder_is_the_file_it_leads_to(door: Door) -> None:
    file = door.deliver(MONDAY, HEADER + ADA)
    door.file(TUESDAY).symlink_to(file)
    assert door.land()["files"] == 1
    assert door.ask("SELECT verdict FROM ops.deliveries ORDER BY path") == [
        ("landed",),
        ("repeated",),
    ]


def test_a_landing_folder_that_is_a_link_itself_is_one(door: Door, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "landing").symlink_to(tmp_path / "disk")
    door.deliver(MONDAY, HEADER + ADA)
    assert door.land()["landed"] == 1


@contextmanager
def as_nobody() -> Iterator[None]:
    """Act without root's leave to read everything; a tester who is not root has none anyway."""
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)


@pytest.mark.parametrize("what", ["file", "folder", "folder without x"])
def test_what_the_pipeline_may_not_read_says_so(what: str) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        home = Path(folder)
        home.chmod(0o755)
        file = Door(home).deliver(MONDAY, HEADER + ADA)
        locked = file if what == "file" else file.parent
        locked.chmod(0o444 if what == "folder without x" else 0)
        with as_nobody():
            found, strays = find_deliveries(ORDERS, landing=home / "landing", as_of=FRIDAY)
        locked.chmod(0o700)
    assert found == []
    [(path, why)] = strays
    assert path == str(locked.relative_to(home / "landing"))
    assert "may not read it; give that user leave" in why


def test_a_file_that_goes_away_before_it_is_read_is_written_down(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    gone = door.deliver(TUESDAY, HEADER + BOB)

    def find_and_lose(*arguments: object, **named: object) -> object:
        found = find_deliveries(*arguments, **named)  # type: ignore[arg-type]
        gone.unlink()
        return found

    monkeypatch.setattr(landing_run, "find_deliveries", find_and_lose)
    with pytest.raises(ExtractRefusedError, match="it cannot be read: No such file"):
        door.land()
    assert door.values("order_id") == ["ada"]
    assert door.ask(STRAYS)[0][1] == "it cannot be read: No such file or directory"


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, "large"], ids=_name)
def test_a_manifest_that_is_no_small_file_refuses_its_file(
    door: Door, make: Callable[[Path], object] | str
) -> None:
    file = door.deliver(MONDAY, HEADER + ADA)
    manifest = file.with_name(f"{file.name}.manifest.json")
    if callable(make):
        make(manifest)
    else:
        manifest.write_text('{"rows": 1}' + " " * (1 << 20))
    with pytest.raises(ExtractRefusedError, match="its manifest has no rows, bytes and sha256"):
        door.land()

"""What is refused for its size: quickly, known again the next day, mended by a better file."""

from collections.abc import Callable

import pytest

from include.landing import batch, delivery, reading
from include.landing.errors import ExtractRefusedError
from tests.landing.door import ADA, BOB, HEADER, MONDAY, Door

ROWS = [f"o{n},1,1.00,2025-03-01 10:00:00\n" for n in range(100)]


def test_a_refused_giant_is_read_no_further_and_counted_once(door: Door) -> None:
    with door.file(MONDAY).open("wb") as file:
        file.write((HEADER + ADA).encode())
        file.truncate(20 << 30)  # of which the disk holds a page: whoever reads it all is not done
    for _ in range(2):
        with pytest.raises(ExtractRefusedError, match="the line that begins at byte 67 is longer"):
            door.land()
    [(sha256, size, times)] = door.ask("SELECT sha256, bytes, times_delivered FROM ops.deliveries")
    assert (sha256[:5], size, times) == ("head-", 20 << 30, 1)
    assert door.statuses() == ["refused"]
    door.deliver(MONDAY, HEADER + ADA)
    assert door.land()["landed"] == 1
    assert door.statuses() == ["landed", "replaced"]


def test_a_file_over_its_contracts_bytes_is_not_read_whole(
    make_door: Callable[..., Door],
) -> None:
    door = make_door(max_bytes=1000)
    with door.file(MONDAY).open("wb") as file:
        file.truncate(20 << 30)
    with pytest.raises(ExtractRefusedError, match="the contract allows 1,000"):
        door.land()
    door.deliver(MONDAY, HEADER + ADA)
    assert door.land()["landed"] == 1


@pytest.mark.parametrize("read_at_once", [7, 64])
def test_lines_just_under_the_cap_are_read_to_the_end(
    door: Door, monkeypatch: pytest.MonkeyPatch, read_at_once: int
) -> None:
    monkeypatch.setattr(delivery, "_CHUNK", read_at_once)
    monkeypatch.setattr(delivery, "_ENDLESS", len(HEADER))
    door.deliver(MONDAY, HEADER + ADA + BOB, rows=2)  # its manifest has the digest of it all
    assert door.land()["landed"] == 2


@pytest.mark.parametrize(
    "bad",
    [["\n"] * 7, ["o,x,1.00,2025-03-01 10:00:00\n"] * 7, [BOB] * 8],
    ids=["blank", "of another type", "given twice"],
)
def test_a_file_of_mostly_bad_rows_is_refused(
    door: Door, monkeypatch: pytest.MonkeyPatch, bad: list[str]
) -> None:
    monkeypatch.setattr(reading, "MOST_BAD", 6)
    door.deliver(MONDAY, HEADER + "".join(ROWS[:20] + bad))
    with pytest.raises(ExtractRefusedError, match=r"7 of its first 2. rows cannot land"):
        door.land()
    assert door.values("order_id") == door.aside() == []
    door.deliver(MONDAY, HEADER + "".join(ROWS[:20] + bad[:-1]))
    done = door.land()
    assert (done["landed"], done["quarantined"]) == (20 + (BOB in bad), 6)
    door.deliver(MONDAY, HEADER + "".join(ROWS + bad))  # as many, and not a tenth
    done = door.land()
    assert (done["landed"], done["quarantined"]) == (100 + (BOB in bad), 7)


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_rows_are_set_aside_with_all_their_reasons_however_many_at_once(
    door: Door, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(batch, "_ASIDE_AT_ONCE", at_once)
    bad = ["\n", "o,x,1.00,2025-03-01 10:00:00\n", "short\n", "o,x,y,2025-03-01 10:00:00\n", "\n"]
    door.deliver(MONDAY, HEADER + "".join([*ROWS[:50], *bad, *ROWS[50:]]))
    assert door.land()["landed"] == 100
    assert [(row, len(reasons)) for row, _, reasons in door.aside()] == [
        (51, 1),
        (52, 1),
        (53, 1),
        (54, 2),
        (55, 1),
    ]
    assert [text for _, text, _ in door.aside()] == [line.rstrip("\n") for line in bad]

"""What becomes of whole files: landed once, replaced by correction, refused with a reason."""

from collections.abc import Callable
from pathlib import Path

import pytest

from include.landing import batch
from include.landing.cast import cast_rows
from include.landing.errors import ContractError, ExtractMissingError, ExtractRefusedError
from include.landing.land import land
from include.landing.ledger import CONSERVATION
from include.warehouse import Connection, Error
from tests.landing.door import ADA, BOB, FRIDAY, HEADER, MONDAY, ORDERS, TUESDAY, Door, column


def test_every_file_up_to_the_run_date_lands_and_later_ones_are_left_alone(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.deliver(TUESDAY, HEADER + BOB)
    door.deliver(FRIDAY, HEADER + "eve,1,1.00,2025-03-06 10:00:00\n")

    assert door.land(TUESDAY) == {
        "files": 2,
        "delivered": 2,
        "landed": 2,
        "quarantined": 0,
        "skipped": 0,
    }
    assert door.values("order_id") == ["ada", "bob"]
    assert door.values("_delivered_on") == [MONDAY, TUESDAY]


def test_the_same_bytes_land_once(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.land()
    assert door.land()["skipped"] == 1

    door.deliver(TUESDAY, HEADER + ADA, name="again.csv")
    assert door.land()["skipped"] == 2
    assert door.values("order_id") == ["ada"]


def test_the_same_snapshot_on_another_day_is_that_days_snapshot(
    make_door: Callable[..., Door],
) -> None:
    door = make_door(mode="snapshot")
    door.deliver(MONDAY, HEADER + ADA)
    door.deliver(TUESDAY, HEADER + ADA)
    door.land()
    assert door.values("_delivered_on") == [MONDAY, TUESDAY]


def test_a_corrected_file_replaces_its_own_batch_and_no_other(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.deliver(TUESDAY, HEADER + "bob,oops,0.99,2025-03-01 11:00:00\n")
    assert door.land()["quarantined"] == 1

    door.deliver(TUESDAY, HEADER + BOB)
    assert door.land() == {
        "files": 1,
        "delivered": 1,
        "landed": 1,
        "quarantined": 0,
        "skipped": 1,
    }
    assert door.values("order_id") == ["ada", "bob"]
    assert door.aside() == []
    assert sorted(door.statuses()) == ["landed", "landed", "replaced"]


def test_a_file_overwritten_with_another_files_bytes_gives_up_its_own_rows(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.deliver(TUESDAY, HEADER + BOB)
    door.land()
    door.deliver(MONDAY, HEADER + BOB)
    assert door.land()["skipped"] == 1
    assert door.values("order_id") == ["bob"]
    assert door.values("_delivered_on") == [MONDAY]  # as if Monday's had come first


def test_a_file_corrected_back_to_its_first_bytes_lands_again(door: Door) -> None:
    for content in (ADA, BOB, ADA):
        door.deliver(MONDAY, HEADER + content)
        door.land()
    assert door.values("order_id") == ["ada"]
    assert sorted(door.statuses()) == ["landed", "replaced"]


def test_a_correction_that_is_refused_leaves_the_first_delivery_in_place(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.land()
    door.deliver(MONDAY, "id\n1\n")
    with pytest.raises(ExtractRefusedError):
        door.land()
    assert door.values("order_id") == ["ada"]
    assert sorted(door.statuses()) == ["landed", "refused"]


def test_a_refused_file_keeps_no_good_one_out_and_stops_the_run(door: Door) -> None:
    door.deliver(MONDAY, "order_id,quantity\nada,1\n")
    door.deliver(TUESDAY, HEADER + BOB)
    with pytest.raises(ExtractRefusedError) as refusal:
        door.land()
    said = str(refusal.value)
    assert "shop/orders/2025-03-03/orders.csv: missing columns: 'amount', 'ordered_at'" in said
    assert "check shop__orders.odcs.yaml" in said
    assert door.values("order_id") == ["bob"]
    assert door.ask(
        "SELECT path, reason, rows_delivered FROM ops.batches WHERE status = 'refused'"
    ) == [("shop/orders/2025-03-03/orders.csv", "missing columns: 'amount', 'ordered_at'", None)]


def test_a_refused_file_that_is_mended_lands_and_is_refused_no_more(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA, rows=2)
    with pytest.raises(ExtractRefusedError, match="it has 1 rows; its manifest says 2"):
        door.land()
    door.deliver(MONDAY, HEADER + ADA, rows=1)
    door.land()
    assert door.statuses() == ["landed"]


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ({"bytes": 3}, "its manifest says 3"),
        ({"sha256": "0" * 64}, "sha256"),
        ({"rows": "many"}, "are not numbers"),
        ({"rows": 7}, "it has 1 rows; its manifest says 7"),
    ],
)
def test_a_file_is_held_to_its_manifest(door: Door, lie: dict[str, object], said: str) -> None:
    door.deliver(MONDAY, HEADER + ADA, **({"rows": 1} | lie))  # type: ignore[arg-type]
    with pytest.raises(ExtractRefusedError, match=said):
        door.land()
    assert door.values("order_id") == []


def test_a_manifest_that_is_no_json_refuses_its_file(door: Door) -> None:
    file = door.deliver(MONDAY, HEADER + ADA)
    file.with_name("orders.csv.manifest.json").write_text("rows: 1")
    with pytest.raises(ExtractRefusedError, match="no rows, bytes and sha256"):
        door.land()


@pytest.mark.parametrize(
    ("day", "name", "said"),
    [
        ("2025-03-03", "orders.txt", r"not a file named as the contract says \(\*.csv\)"),
        ("2025-03-03", "gone.csv.manifest.json", "a manifest whose file is not there"),
        ("2025-03-03", "orders[1].csv", "its name has a wildcard"),
        ("2025-3-3", "orders.csv", "named after its date"),
    ],
)
def test_what_is_no_delivery_is_named_not_overlooked(
    door: Door, day: str, name: str, said: str
) -> None:
    good = door.deliver(TUESDAY, HEADER + ADA)
    stray = good.parents[1] / day / name
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("")
    with pytest.raises(ExtractRefusedError, match=said):
        door.land()
    assert door.values("order_id") == ["ada"]


def test_a_file_that_is_still_being_written_is_left_alone(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.deliver(TUESDAY, HEADER, name="orders.csv.part")
    door.deliver(TUESDAY, HEADER, name=".orders.csv")
    assert door.land()["files"] == 1


def test_a_required_source_that_delivered_nothing_stops_the_run(door: Door) -> None:
    with pytest.raises(ExtractMissingError) as missing:
        door.land(TUESDAY)
    said = str(missing.value)
    assert "shop.orders: nothing was delivered for the run of 2025-03-04" in said
    assert str(door.home / "landing" / "shop" / "orders") in said
    assert "*.csv" in said
    assert door.values("order_id") == []  # the table is there, empty


def test_an_optional_source_that_delivered_nothing_lets_the_run_go_on(
    make_door: Callable[..., Door], caplog: pytest.LogCaptureFixture
) -> None:
    door = make_door(is_required=False)
    assert door.land()["files"] == 0
    assert door.values("order_id") == []
    assert "the run goes on without it" in caplog.text


def test_every_row_is_accounted_for_in_every_file(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA + "bob,x\n" + "eve,-1,nan,\n" + ADA)
    door.deliver(TUESDAY, HEADER + "dan,1,1.00,2025-03-02 10:00:00\n", rows=1)
    done = door.land()
    assert (done["delivered"], done["landed"], done["quarantined"]) == (5, 2, 3)
    rows = door.ask(CONSERVATION)
    assert [row[3:] for row in rows] == [(4, 1, 3, 0), (1, 1, 0, 0)]


def test_a_landing_that_dies_half_way_leaves_nothing_and_the_next_carries_on(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.deliver(TUESDAY, HEADER + BOB + "bad\n")

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(batch, "take_out_duplicates", die)
        with pytest.raises(KeyboardInterrupt):
            door.land()
    assert door.values("order_id") == []
    assert door.aside() == []
    assert door.statuses() == []
    assert list((door.raw.parent / "tmp").glob("landing-*")) == []

    assert door.land()["landed"] == 2


def test_a_count_that_does_not_add_up_takes_the_whole_file_back(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.deliver(MONDAY, HEADER + ADA + "bad\n")
    monkeypatch.setattr(batch, "_quarantine", lambda *_: None)
    with pytest.raises(ExtractRefusedError, match="make 2 rows, but 1 landed and 0 were set aside"):
        door.land()
    assert door.values("order_id") == []


def test_a_failure_that_is_not_the_files_fault_is_not_held_against_it(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.deliver(MONDAY, HEADER + ADA)

    def fail(connection: Connection, *_: object) -> int:
        connection.execute("COPY (SELECT 1) TO '/nowhere/full.csv'")
        return 0

    with monkeypatch.context() as patch:
        patch.setattr(batch, "_insert_good", fail)
        with pytest.raises(Error) as failure:
            door.land()
    assert any("2025-03-03/orders.csv" in note for note in failure.value.__notes__)
    assert door.statuses() == []
    assert door.land()["landed"] == 1


def test_a_contract_that_no_longer_fits_its_raw_table_says_so(
    door: Door, make_door: Callable[..., Door]
) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.land()
    other = make_door(columns=(column("order_id", "string"),))
    with pytest.raises(ContractError, match="was made by another version of this contract"):
        other.land()


def test_unpacked_gzip_is_cleared_away(make_door: Callable[..., Door]) -> None:
    door = make_door(is_gzip=True, pattern="*.csv.gz", name="orders.csv.gz")
    left = door.raw.parent / "tmp" / "landing-killed"
    left.mkdir(parents=True)
    door.deliver(MONDAY, HEADER + ADA, rows=1)
    assert door.land()["landed"] == 1
    assert list((door.raw.parent / "tmp").glob("landing-*")) == []


def test_gzip_that_was_cut_short_or_flipped_is_refused(make_door: Callable[..., Door]) -> None:
    door = make_door(is_gzip=True, pattern="*.csv.gz", name="orders.csv.gz")
    file = door.deliver(MONDAY, HEADER + ADA + BOB)
    whole = file.read_bytes()
    flipped = whole[:30] + bytes([whole[30] ^ 1]) + whole[31:]
    for damaged, why in (
        (whole[:-9], "it has been cut short"),
        (flipped, ""),
        (b"plain text", "not all of it is gzip"),
        (b"", "it has no bytes"),
    ):
        file.write_bytes(damaged)
        with pytest.raises(ExtractRefusedError, match=f"cannot be unpacked whole: .*{why}"):
            door.land()
    assert door.values("order_id") == []


def test_a_gzip_bomb_is_refused_at_the_cap(make_door: Callable[..., Door]) -> None:
    door = make_door(is_gzip=True, pattern="*.csv.gz", name="orders.csv.gz")
    door.deliver(MONDAY, HEADER.encode() + b"\n" * (90 << 20))
    with pytest.raises(ExtractRefusedError, match="more than 200 times its size"):
        door.land()


def test_a_file_that_changes_while_it_is_read_is_refused(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = door.deliver(MONDAY, HEADER + ADA)

    def meddle(*arguments: object, **named: object) -> object:
        file.write_text(HEADER + ADA + BOB)
        return cast_rows(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "cast_rows", meddle)
    with pytest.raises(ExtractRefusedError, match="changed while it was being read"):
        door.land()
    assert door.values("order_id") == []


def test_a_file_that_is_taken_away_while_it_is_read_is_refused(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = door.deliver(MONDAY, HEADER + ADA)

    def take(*arguments: object, **named: object) -> object:
        file.unlink()
        return cast_rows(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "cast_rows", take)
    with pytest.raises(ExtractRefusedError, match="went away while it was being read"):
        door.land()
    assert door.values("order_id") == []


def test_the_warehouse_is_readable_by_its_owner_alone(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    door.land()
    assert door.raw.stat().st_mode & 0o077 == 0
    assert Path(door.raw.parent).stat().st_mode & 0o077 == 0


def test_land_is_the_same_by_keyword_for_any_contract(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA)
    done = land(door.contract, as_of=FRIDAY, landing=door.home / "landing", raw=door.raw)
    assert done["landed"] == 1


def test_what_is_not_real_is_said_by_the_table_itself(make_door: Callable[..., Door]) -> None:
    door = make_door(is_synthetic=True)
    door.deliver(MONDAY, HEADER + ADA)
    door.land()
    comments = "SELECT comment FROM duckdb_tables() WHERE table_name = 'orders'"
    assert door.ask(comments) == [("Synthetic: generated, not observed.",)]

    door.contract = ORDERS
    door.land()
    assert door.ask(comments) == [(None,)]

"""Tracking: the champion is the right one for the day, and its bytes are those registered."""

from datetime import date
from pathlib import Path

import pytest

from models_ml.package import MANIFEST, ModelDamagedError, Package
from models_ml.tracking import Retrain, Tracker, Version

JANUARY, FEBRUARY, MARCH = date(2025, 1, 5), date(2025, 2, 5), date(2025, 3, 5)


def package(day: date, content: bytes = b"splits") -> Package:
    return Package(trained_as_of=day, facts={"slope": 1.0}, files={"model.json": content})


def register(store: Tracker, day: date, *, promoted: bool, content: bytes = b"splits") -> Version:
    with store.tracked_run("demo", as_of=day, parameters={"a": 1}, data_digest="d") as run:
        version = store.register(run, "demo", package(day, content), data_digest="d")
    if promoted:
        store.promote("demo", version)
    return version


def test_equal_packages_have_equal_bytes_and_versions() -> None:
    assert package(JANUARY).manifest == package(JANUARY).manifest
    assert package(JANUARY).version == package(JANUARY).version
    assert package(JANUARY).version != package(JANUARY, b"other").version
    assert package(JANUARY).version.startswith("2025-01-05-")


def test_what_was_registered_comes_back(fresh_store: Tracker) -> None:
    version = register(fresh_store, JANUARY, promoted=True)

    assert fresh_store.load(version) == package(JANUARY)
    assert version.name == package(JANUARY).version


@pytest.mark.parametrize("name", ["model.json", MANIFEST])
def test_a_flipped_byte_is_refused_before_anything_parses_it(tmp_path: Path, name: str) -> None:
    whole = package(JANUARY)
    whole.write(tmp_path)
    assert Package.read(tmp_path, digest=whole.digest) == whole
    damaged = bytearray((tmp_path / name).read_bytes())
    damaged[0] ^= 1
    (tmp_path / name).write_bytes(damaged)

    with pytest.raises(ModelDamagedError, match=f"{name} is not what was registered"):
        Package.read(tmp_path, digest=whole.digest)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    whole = package(JANUARY)
    whole.write(tmp_path)
    (tmp_path / "model.json").unlink()

    with pytest.raises(ModelDamagedError):
        Package.read(tmp_path, digest=whole.digest)


def test_without_a_model_there_is_no_champion(fresh_store: Tracker) -> None:
    assert fresh_store.champion("demo", as_of=MARCH) is None
    assert fresh_store.versions("demo", as_of=MARCH) == []


def test_a_challenger_does_not_score(fresh_store: Tracker) -> None:
    register(fresh_store, JANUARY, promoted=False)

    assert fresh_store.champion("demo", as_of=MARCH) is None


def test_the_past_is_scored_by_what_had_learned_by_then(fresh_store: Tracker) -> None:
    old = register(fresh_store, JANUARY, promoted=True)
    new = register(fresh_store, MARCH, promoted=True, content=b"new")

    assert _name(fresh_store.champion("demo", as_of=MARCH)) == new.name
    assert _name(fresh_store.champion("demo", as_of=FEBRUARY)) == old.name
    assert fresh_store.champion("demo", as_of=date(2024, 12, 31)) is None


def test_a_back_fill_does_not_take_the_crown(fresh_store: Tracker) -> None:
    new = register(fresh_store, MARCH, promoted=True)
    old = register(fresh_store, JANUARY, promoted=True, content=b"old")

    assert _name(fresh_store.champion("demo", as_of=MARCH)) == new.name
    assert _name(fresh_store.champion("demo", as_of=JANUARY)) == old.name


def test_moving_the_alias_back_rolls_back(fresh_store: Tracker) -> None:
    old = register(fresh_store, JANUARY, promoted=True)
    register(fresh_store, MARCH, promoted=True, content=b"new")

    client = fresh_store._client  # noqa: SLF001 - as an operator would, in MLflow's own page
    client.set_registered_model_alias("demo", "champion", old.number)

    assert _name(fresh_store.champion("demo", as_of=MARCH)) == old.name


def test_training_is_due_where_nothing_may_score_the_day(fresh_store: Tracker) -> None:
    def due(day: date, retrain: Retrain = "when_missing") -> bool:
        return fresh_store.is_due("demo", as_of=day, retrain=retrain)

    assert due(JANUARY)
    register(fresh_store, JANUARY, promoted=True)

    assert not due(JANUARY)
    assert not due(MARCH)
    assert due(date(2025, 1, 4)), "the champion learned on a later day"
    assert due(JANUARY, "always")


def test_a_version_held_back_waits_with_its_reason_until_a_person_decides(
    fresh_store: Tracker,
) -> None:
    first = register(fresh_store, JANUARY, promoted=True)
    held = register(fresh_store, FEBRUARY, promoted=False, content=b"held")
    fresh_store.hold("demo", held, "moves too many")

    waiting = fresh_store.challenger("demo", as_of=MARCH)
    assert (_name(waiting), waiting and waiting.verdict) == (held.name, "moves too many")
    assert fresh_store.challenger("demo", as_of=JANUARY) is None
    assert _name(fresh_store.champion("demo", as_of=MARCH)) == first.name

    fresh_store.reject("demo", held, "moves too many")
    assert fresh_store.challenger("demo", as_of=MARCH) is None
    assert fresh_store.versions("demo", as_of=MARCH)[-1].verdict == "rejected: moves too many"


def test_a_run_that_breaks_is_marked_failed_with_its_error(fresh_store: Tracker) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        fresh_store.tracked_run("demo", as_of=MARCH, parameters={}, data_digest="d") as run,
    ):
        _ = 1 / 0

    logged = fresh_store._client.get_run(run.run_id)  # noqa: SLF001 - read as MLflow shows it
    assert logged.info.status == "FAILED"
    assert "ZeroDivisionError" in logged.data.tags["error"]
    assert logged.data.tags["code_version"]


def test_an_existing_store_is_reused(store: Tracker) -> None:
    place = store._artifacts  # noqa: SLF001 - the store's own folder
    assert place is not None
    folder = Path(place.removeprefix("file://")).parent
    with store.tracked_run("reused", as_of=MARCH, parameters={}, data_digest="d") as run:
        run.log_metrics({"value": 0.5})

    again = Tracker(f"sqlite:///{folder / 'mlflow.db'}", folder=folder)

    assert again._client.get_run(run.run_id).data.metrics == {"value": 0.5}  # noqa: SLF001


def _name(version: Version | None) -> str:
    assert version is not None
    return version.name

"""The engine: why Great Expectations needs it, and what it keeps closed."""

from pathlib import Path

import great_expectations as gx
import great_expectations.expectations as gxe
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from expectations.engine import open_datasource
from include.settings import Settings
from include.warehouse import connect

PROMISE = gxe.ExpectColumnMaxToBeBetween(column="n", max_value=9)


@pytest.fixture
def numbers(home: Path) -> Path:
    """Return a database with a table of ten rows."""
    path = home / "numbers.duckdb"
    with connect(path) as connection:
        connection.execute("CREATE TABLE numbers AS SELECT range AS n FROM range(10)")
    return path


def test_without_this_engine_great_expectations_cannot_read_duckdb(numbers: Path) -> None:
    plain = gx.get_context(mode="ephemeral").data_sources.add_sql(
        name="plain", connection_string=f"duckdb:///{numbers}"
    )
    batch = (
        plain.add_query_asset("numbers", query="SELECT * FROM numbers")
        .add_batch_definition_whole_table("rows")
        .get_batch()
    )

    result = batch.validate(PROMISE)

    plain.get_execution_engine().engine.dispose()
    plain.get_engine().dispose()
    assert not result.success
    assert "raised_exception': True" in str(result.exception_info)


def test_with_this_engine_it_can(numbers: Path) -> None:
    with open_datasource(numbers) as source:
        batch = (
            source.add_query_asset("numbers", query="SELECT * FROM numbers")
            .add_batch_definition_whole_table("rows")
            .get_batch()
        )
        result = batch.validate(PROMISE)

    assert result.success
    assert result.result["observed_value"] == 9


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine AS SELECT 1",
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY numbers TO 'numbers.csv'",
        "SET enable_external_access = true",
    ],
)
def test_the_engine_neither_writes_nor_reaches_outside_its_file(
    numbers: Path, statement: str
) -> None:
    with (
        open_datasource(numbers) as source,
        source.get_engine().connect() as connection,
        pytest.raises(DBAPIError),
    ):
        connection.execute(text(statement))


def test_a_path_with_spaces_and_signs_is_the_same_file(home: Path) -> None:
    path = home / "a b%20c#d&e.duckdb"
    with connect(path) as connection:
        connection.execute("CREATE TABLE numbers AS SELECT 1 AS n")

    with open_datasource(path) as source, source.get_engine().connect() as connection:
        assert connection.execute(text("SELECT n FROM numbers")).scalar() == 1


def test_the_limits_are_the_settings(numbers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSERA_THREADS", "1")
    assert Settings.from_env().threads == 1

    with open_datasource(numbers) as source, source.get_engine().connect() as connection:
        threads = connection.execute(text("SELECT current_setting('threads')")).scalar()

    assert threads == 1

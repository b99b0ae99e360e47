"""Connections: what DuckDB may touch is limited, and stays so, wherever the project opens it.

The project opens DuckDB in three places: ``include.warehouse.connect``, dbt by its profile, and
Great Expectations by its engine. The first test keeps that list true; the others try each.
"""

import ast
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from expectations.engine import open_datasource
from include import transform
from include.settings import CHECKOUT, Settings
from include.warehouse import connect, make_private_folder

Execute = Callable[[str], list[tuple[object, ...]]]
OPENERS = {"include/warehouse.py", "dbt_project/profiles.yml", "expectations/engine.py"}
REFUSAL = "disabled by configuration|disabled through configuration|has been locked"
ROOMS = ("dags", "dbt_project", "expectations", "include", "models_ml")
OPENS = re.compile(
    r"duckdb\.connect\(|import duckdb\b|from duckdb\b|duckdb(\+\w+)?:///|type: duckdb"
)

# One escape a line; {inside} is the warehouse's folder, {outside} the home above it.
ESCAPES = {
    "a file of the system": "SELECT * FROM read_text('/etc/passwd')",
    "a file of the system, as a table": "SELECT * FROM '/etc/passwd.csv'",
    "a file above, absolute": "SELECT * FROM read_csv('{outside}/secret.csv')",
    "a file above, by ..": "SELECT * FROM read_csv('{inside}/../secret.csv')",
    "a file above, by a twin prefix": "SELECT * FROM read_csv('{inside}-twin/secret.csv')",
    "a symbolic link inside that leads out": "SELECT * FROM read_csv('{inside}/link.csv')",
    "a linked folder inside that leads out": "SELECT * FROM read_csv('{inside}/way/secret.csv')",
    "a listing of another folder": "SELECT error(file) FROM glob('{outside}/*.csv')",
    "a pattern that climbs": "SELECT * FROM read_csv('{inside}/../*.csv')",
    "a copy out": "COPY (SELECT 1 AS n) TO '{outside}/out.csv'",
    "a copy in": "CREATE TEMP TABLE copied (n varchar); COPY copied FROM '{outside}/secret.csv'",
    "an export": "EXPORT DATABASE '{outside}/export'",
    "an import": "IMPORT DATABASE '{outside}/export'",
    "another database": "ATTACH '{outside}/other.duckdb' AS other",
    "another database, read-only": "ATTACH '{outside}/other.duckdb' AS other (READ_ONLY)",
    "an extension from the net": "INSTALL httpfs",
    "an extension from a file": "LOAD '{outside}/evil.duckdb_extension'",
    "an address": "SELECT * FROM read_csv('http://127.0.0.1:9/secret.csv')",
    "an object store": "SELECT * FROM read_parquet('s3://bucket/secret.parquet')",
    "a secret on the disk": "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')",
    "the door's own key": "SET enable_external_access = true",
    "a wider list": "SET allowed_directories = ['/']",
    "another list": "SET allowed_paths = ['/etc/passwd']",
    "an unlock": "SET lock_configuration = false",
    "a reset": "RESET lock_configuration",
    "automatic extensions": "SET autoinstall_known_extensions = true",
    "more memory": "SET memory_limit = '1TB'",
    "more threads": "SET threads = 64",
    "another spill": "SET temp_directory = '{outside}/spill'",
}
WORKS_WITHOUT_LIMITS = [  # so a refusal is the limit's doing; the rest needs a network or a prompt
    *(name for name in ESCAPES if name.startswith(("a file above", "a symbolic", "a linked"))),
    *("a listing of another folder", "a pattern that climbs", "a copy out", "a copy in"),
    *("an export", "another database", "a wider list", "more memory"),
]


def python_sources() -> list[Path]:
    return [file for room in ROOMS for file in sorted((CHECKOUT / room).rglob("*.py"))]


def test_duckdb_is_opened_in_three_places_and_no_other() -> None:
    files = [*python_sources(), *sorted((CHECKOUT / "dbt_project").glob("*.yml"))]
    found = {str(f.relative_to(CHECKOUT)) for f in files if OPENS.search(f.read_text())}
    assert found == OPENERS


def test_whoever_opens_the_warehouse_names_the_folders_it_adds() -> None:
    """A folder given to ``connect`` is a hole in the wall; each hole is listed here."""
    holes = set()
    calls = 0
    for file in python_sources():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "connect":
                calls += 1
                if any(keyword.arg == "folders" for keyword in node.keywords):
                    holes.add(str(file.relative_to(CHECKOUT)))
    assert calls > 10
    assert holes <= {
        "include/extraction/extract.py",  # where the delivery is written
        "include/landing/sole.py",  # the extract's own folder
        "include/landing/__main__.py",  # the file that is tried, and its scratch
        "include/demo/company.py",  # the demo's own folder
    }


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A home with both warehouse files, a secret beside their folder, and links that lead to it."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TESSERA_HOME", str(home))
        patch.setenv("TESSERA_MEMORY_LIMIT", "512MB")
        settings = Settings.from_env()
        for file in (settings.raw, settings.marts):
            with connect(file) as connection:
                connection.execute("CREATE TABLE t AS SELECT 1 AS n")
        inside = settings.raw.parent
        for folder in (home, home / "warehouse-twin"):
            make_private_folder(folder)
            (folder / "secret.csv").write_text("n\n42\n")
        (inside / "link.csv").symlink_to(home / "secret.csv")
        (inside / "way").symlink_to(home)
        duckdb.connect(home / "other.duckdb").close()
        yield settings


@contextmanager
def as_writer(settings: Settings) -> Iterator[Execute]:
    with connect(settings.marts) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


@contextmanager
def as_reader(settings: Settings) -> Iterator[Execute]:
    with connect(settings.marts, read_only=True, attach={"raw": settings.raw}) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


@contextmanager
def in_memory(settings: Settings) -> Iterator[Execute]:
    with connect(None, folders=(settings.raw.parent,)) as connection:
        yield lambda sql: connection.cursor().execute(sql).fetchall()


@contextmanager
def as_dbt(settings: Settings) -> Iterator[Execute]:
    """Let dbt open its connection by the project's own profile, and use a cursor it hands out."""
    at = ["--project-dir", str(transform.PROJECT), "--profiles-dir", str(transform.PROJECT)]
    logs = ["--quiet", "--log-path", str(settings.dbt / "logs")]
    make_private_folder(settings.dbt)
    with transform.lent_to_dbt(settings):
        try:
            outcome = dbtRunner().invoke([*logs, "debug", "--connection", *at])
            assert outcome.success, outcome.exception
            environment: Any = DuckDBConnectionManager.env()
            yield lambda sql: environment.handle().cursor().execute(sql).fetchall()
        finally:
            transform.let_go()


@contextmanager
def as_great_expectations(settings: Settings) -> Iterator[Execute]:
    with open_datasource(settings.marts) as source:

        def execute(sql: str) -> list[tuple[object, ...]]:
            with source.get_engine().connect() as connection:
                return [tuple(row) for row in connection.execute(text(sql.replace(":", r"\:")))]

        yield execute


CONNECTIONS = {
    "warehouse, writing": as_writer,
    "warehouse, reading, another file attached": as_reader,
    "warehouse, in memory": in_memory,
    "dbt": as_dbt,
    "Great Expectations": as_great_expectations,
}


@pytest.fixture(scope="module", params=list(CONNECTIONS.values()), ids=list(CONNECTIONS))
def execute(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Execute]:
    """One of the project's connections, ready to run SQL."""
    with ExitStack() as stack:
        yield stack.enter_context(request.param(settings))


def test_the_limits_are_set(execute: Execute, settings: Settings) -> None:
    rows = execute("SELECT name, value FROM duckdb_settings()")
    value = {str(name): str(setting) for name, setting in rows}
    assert value["enable_external_access"] == "false"
    assert value["autoinstall_known_extensions"] == "false"
    assert value["autoload_known_extensions"] == "false"
    assert value["allow_unsigned_extensions"] == "false"
    assert value["lock_configuration"] == "true"
    assert value["memory_limit"] == "488.2 MiB"  # the settings' 512MB, as DuckDB writes it
    assert int(value["threads"]) == settings.threads
    allowed = re.findall(r"/[^',\]]+", value["allowed_directories"])
    mine = (
        str(settings.raw.parent),
        str(settings.home / "tmp"),
        str(CHECKOUT / "dbt_project/seeds"),
    )
    assert [folder for folder in allowed if not folder.startswith(mine)] == []


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
def test_no_statement_reaches_outside_or_moves_a_limit(
    execute: Execute, settings: Settings, escape: str
) -> None:
    statement = escape.format(inside=settings.raw.parent, outside=settings.home)
    before = sorted(settings.home.iterdir())
    with pytest.raises((duckdb.Error, DBAPIError), match=REFUSAL):
        execute(statement)
    assert sorted(settings.home.iterdir()) == before


@pytest.mark.parametrize("name", WORKS_WITHOUT_LIMITS)
def test_without_the_limits_the_same_statement_gets_out(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "warehouse"
    inside.mkdir()
    for folder in (tmp_path, tmp_path / "warehouse-twin"):
        folder.mkdir(exist_ok=True)
        (folder / "secret.csv").write_text("n\n42\n")
    (inside / "link.csv").symlink_to(tmp_path / "secret.csv")
    (inside / "way").symlink_to(tmp_path)
    with duckdb.connect(inside / "open.duckdb") as connection:
        statement = ESCAPES[name].format(inside=inside, outside=tmp_path)
        connection.execute(statement.replace("error(file)", "file")).fetchall()


def test_what_the_warehouse_allows_still_works(home: Path) -> None:
    with connect(home / "raw.duckdb") as connection:
        connection.execute(f"COPY (SELECT 7 AS n) TO '{home / 'allowed.csv'}'")
        connection.execute(f"CREATE TABLE t AS FROM read_csv('{home / 'allowed.csv'}')")
    with connect(home / "marts.duckdb", attach={"raw": home / "raw.duckdb"}) as connection:
        assert connection.execute("SELECT n FROM raw.t").fetchall() == [(7,)]

"""Database extracts: every row of the source is delivered once, whatever came between."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from include.extraction.alone import alone
from include.extraction.errors import CursorError, DescriptionError, ExtractionError, SourceError
from include.settings import SecretMissingError
from tests.extraction.desk import DATABASE, QUERY, Desk

HELD = r"another run is at it, the run for orders \(process \d+\)"
DAYS = ["2025-03-02", "2025-03-03", "2025-03-05", "2025-03-06"]
CREATE = (
    "CREATE TABLE orders (order_id text, quantity integer, amount numeric(18, 2), "
    "is_gift boolean, ordered_at {moment})"
)
ROWS = (
    "INSERT INTO orders VALUES ('ada', 1, 2.50, true, '2025-03-01 10:00:00'), "
    "('bob', NULL, 0.99, false, '2025-03-01 23:59:59.5'), "
    "('cyd', 3, 12345.10, NULL, '2025-03-02 00:00:00'), "
    "('dee', 4, 1.00, true, '2025-03-04 12:00:00'), "
    "('eve', 5, 1.00, true, '2025-03-05 12:00:00')"
)


class Source:
    """A database with an orders table."""

    def __init__(self, url: str, moment: str) -> None:
        self.url, self.engine = url, sa.create_engine(url)
        self.run("DROP TABLE IF EXISTS orders")
        self.run(CREATE.format(moment=moment))
        self.run(ROWS)

    def run(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement))


@pytest.fixture
def desk(home: Path) -> Desk:
    desk = Desk(home)
    desk.describe(DATABASE)
    return desk


@pytest.fixture(params=["sqlite", "postgres", "postgres with zones"])
def source(
    request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Source]:
    moment = {"postgres": "timestamp", "postgres with zones": "timestamptz"}
    if request.param == "sqlite":
        source = Source(f"sqlite:///{home / 'shop.db'}", "text")
    else:
        source = Source(request.getfixturevalue("postgres_url"), moment[request.param])
    monkeypatch.setenv("SHOP_URL", source.url)
    yield source
    source.engine.dispose()


@pytest.fixture
def sqlite(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    source = Source(f"sqlite:///{home / 'shop.db'}", "text")
    monkeypatch.setenv("SHOP_URL", source.url)
    yield source
    source.engine.dispose()


@pytest.mark.parametrize("file_format", ["jsonl", "jsonl.gz", "parquet"])
@pytest.mark.usefixtures("source")
def test_what_the_source_holds_lands_value_by_value(desk: Desk, file_format: str) -> None:
    desk.describe(DATABASE, file_format=file_format)

    assert desk.extract("2025-03-05") == 4
    assert desk.land("2025-03-05")["landed"] == 4

    assert desk.landed() == [
        ("ada", 1, "2.50", True, "2025-03-01 10:00:00"),
        ("bob", None, "0.99", False, "2025-03-01 23:59:59.5"),
        ("cyd", 3, "12345.10", None, "2025-03-02 00:00:00"),
        ("dee", 4, "1.00", True, "2025-03-04 12:00:00"),
    ]
    assert desk.manifest("2025-03-05")["cursor"] == {"from": "2025-03-01", "to": "2025-03-05"}
    paths = [desk.landing, *desk.landing.rglob("*")]
    assert {path.stat().st_mode & 0o077 for path in paths} == {0}


@pytest.mark.usefixtures("source")
def test_resumed_from_every_saved_state_nothing_is_missed_or_doubled(desk: Desk) -> None:
    whole = [desk.extract(day) for day in DAYS]
    assert whole == [2, 1, 1, 1]
    saved = desk.home / "saved"
    shutil.copytree(desk.landing, saved)

    for kept in range(len(DAYS) + 1):
        shutil.rmtree(desk.landing)
        shutil.rmtree(desk.home / "warehouse", ignore_errors=True)
        shutil.copytree(saved, desk.landing)
        for day in DAYS[kept:]:
            shutil.rmtree(desk.folder / day)

        desk.extract("2025-03-06")
        desk.land("2025-03-06")

        assert desk.landed_ids() == ["ada", "bob", "cyd", "dee", "eve"], f"from state {kept}"


@pytest.mark.usefixtures("sqlite")
def test_a_second_run_of_the_day_delivers_nothing(desk: Desk) -> None:
    assert desk.extract("2025-03-05") == 4
    before = (desk.folder / "2025-03-05" / "orders.jsonl").stat()

    assert desk.extract("2025-03-05") == 0
    assert (desk.folder / "2025-03-05" / "orders.jsonl").stat() == before


@pytest.mark.usefixtures("sqlite")
def test_a_day_without_rows_saves_its_cursor_all_the_same(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.extract("2025-03-06")

    assert desk.extract("2025-03-07") == 0
    assert "delivered 0 rows before 2025-03-07" in caplog.text
    assert desk.manifest("2025-03-07")["cursor"] == {"from": "2025-03-06", "to": "2025-03-07"}
    assert desk.land("2025-03-07")["landed"] == 5


def test_a_query_without_bounds_still_delivers_each_row_once(desk: Desk, sqlite: Source) -> None:
    desk.describe(DATABASE.partition("  query:")[0] + f"  query: {QUERY}\n" + CURSOR)
    assert [desk.extract(day) for day in DAYS] == [2, 1, 1, 1]

    sqlite.run("UPDATE orders SET ordered_at = 'soon' WHERE order_id = 'ada'")
    with pytest.raises(SourceError, match="1 rows have no readable time in the cursor ordered_at"):
        desk.extract("2025-03-09")


CURSOR = "cursor: ordered_at\nstart: 2025-03-01\n"


@pytest.mark.usefixtures("sqlite")
def test_without_a_cursor_the_whole_table_comes_every_day(desk: Desk) -> None:
    desk.describe(f"database: {{url_from: SHOP_URL, query: '{QUERY}'}}", mode="snapshot")

    assert [desk.extract(day) for day in ("2025-03-02", "2025-03-02", "2025-03-03")] == [5, 0, 5]
    assert "cursor" not in desk.manifest("2025-03-03")


@pytest.mark.usefixtures("sqlite")
def test_a_cursor_far_in_the_future_fetches_nothing_and_says_so(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.extract("2025-03-02")
    manifest = desk.folder / "2025-03-02" / "orders.jsonl.manifest.json"
    manifest.write_text(manifest.read_text().replace('"to": "2025-03-02"', '"to": "2999-01-01"'))
    with pytest.raises(CursorError, match="reaches to 2999-01-01, after the day of its own"):
        desk.extract("2025-03-05")
    assert [day.name for day in desk.folder.glob("2*")] == ["2025-03-02"]

    (desk.folder / "2025-03-02").rename(desk.folder / "2999-01-01")
    assert desk.extract("2025-03-05") == 0
    assert "reach to 2999-01-01, after 2025-03-05: 0 rows fetched" in caplog.text


@pytest.mark.parametrize(
    "damaged",
    ["{", '{"cursor": null}', '{"cursor": {"from": "2025-03-01", "to": "yesterday"}}', "[]\xff"],
)
@pytest.mark.usefixtures("sqlite")
def test_a_damaged_cursor_is_named_with_the_cure(desk: Desk, damaged: str) -> None:
    desk.extract("2025-03-02")
    manifest = desk.folder / "2025-03-02" / "orders.jsonl.manifest.json"
    manifest.write_bytes(damaged.encode("latin-1"))

    with pytest.raises(CursorError, match=r"manifest\.json: its cursor cannot be read.*take it"):
        desk.extract("2025-03-05")


@pytest.mark.usefixtures("sqlite")
def test_a_missing_delivery_between_two_is_named(desk: Desk) -> None:
    for day in DAYS:
        desk.extract(day)
    shutil.rmtree(desk.folder / "2025-03-05")

    with pytest.raises(CursorError, match="leave out the days from 2025-03-03 to 2025-03-05"):
        desk.extract("2025-03-09")


@pytest.mark.usefixtures("sqlite")
def test_a_manifest_whose_file_never_came_counts_for_nothing(desk: Desk) -> None:
    desk.extract("2025-03-02")
    (desk.folder / "2025-03-02" / "orders.jsonl").unlink()

    assert desk.extract("2025-03-05") == 4
    assert sorted(path.name for path in desk.folder.glob("2*/*")) == [
        "orders.jsonl",
        "orders.jsonl.manifest.json",
    ]
    assert desk.land("2025-03-05")["landed"] == 4


@pytest.mark.usefixtures("sqlite")
def test_what_others_delivered_is_left_alone(desk: Desk) -> None:
    theirs = desk.folder / "2025-03-02" / "orders.jsonl"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")

    with pytest.raises(ExtractionError, match="no extract's manifest tells of it"):
        desk.extract("2025-03-02")
    assert theirs.read_text() == "theirs"
    assert [file.name for file in theirs.parent.iterdir()] == ["orders.jsonl"]

    theirs.rename(theirs.with_name("history.jsonl"))
    assert desk.extract("2025-03-02") == 2


def test_columns_that_are_not_the_contracts_stop_the_extract(desk: Desk, sqlite: Source) -> None:
    desk.describe(DATABASE.replace("amount", "amount AS price"))
    with pytest.raises(SourceError, match="Missing: amount; not in the contract: price"):
        desk.extract("2025-03-02")

    desk.describe(DATABASE, file_format="parquet")
    sqlite.run("UPDATE orders SET quantity = 'many'")
    with pytest.raises(SourceError, match="let the contract say jsonl"):
        desk.extract("2025-03-02")

    desk.describe(DATABASE)
    desk.extract("2025-03-02")
    assert desk.land("2025-03-02")["quarantined"] == 2


@pytest.mark.usefixtures("sqlite")
def test_an_error_of_the_database_shows_no_secret(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_URL", "postgresql+psycopg2://shop:hunter2@127.0.0.1:1/shop")
    with pytest.raises(SourceError) as failure:
        desk.extract("2025-03-02")
    assert "behind SHOP_URL did not answer" in str(failure.value)
    assert "hunter2" not in str(failure.value)

    monkeypatch.delenv("SHOP_URL")
    with pytest.raises(SecretMissingError, match="SHOP_URL is not set"):
        desk.extract("2025-03-02")


@pytest.mark.usefixtures("sqlite")
def test_two_runs_at_once_do_not_interleave(desk: Desk) -> None:
    with alone(desk.folder, what="orders"), pytest.raises(ExtractionError, match=HELD):
        desk.extract("2025-03-02")
    assert desk.extract("2025-03-02") == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{}", "either a database or an api"),
        (DATABASE + "speed: 9\n", "speed: Extra inputs are not permitted"),
        (DATABASE.replace("start: 2025-03-01", ""), "cursor and start come together"),
        (DATABASE.replace("cursor: ordered_at", "cursor: amount"), "no date or timestamp column"),
        (DATABASE.replace("SHOP_URL", "postgresql://shop"), "url_from: String should match"),
        ("database: [", ":1: not YAML"),
        ("api: {url: 'http://shop.example/orders'}", "url must be https://"),
    ],
)
def test_a_wrong_description_says_what_is_wrong(desk: Desk, text: str, problem: str) -> None:
    desk.describe(text)
    with pytest.raises(DescriptionError, match=r"shop__orders\.extract\.yaml.*") as failure:
        desk.described()
    assert problem in str(failure.value)


def test_a_format_nothing_can_write_is_refused(desk: Desk) -> None:
    desk.describe(DATABASE, file_format="csv")
    with pytest.raises(DescriptionError, match="the contract says csv"):
        desk.described()

"""The published file is whole, audited, described, and never disturbs who reads the old one."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from include.publication import GATES, NotAuditedError, publish
from include.settings import CHECKOUT
from include.warehouse import connect, read_query

DAY = date(2018, 1, 2)
ANALYST = """
import sys
from pathlib import Path
from include.warehouse import connect, read_query
with connect(Path(sys.argv[1]), read_only=True) as published:
    print("open", flush=True)
    sys.stdin.readline()
    print(read_query(published, "SELECT monetary_amount FROM marts.mart_customer_rfm").item())
"""


class Warehouse:
    """A raw half and a marts half as small as a publication allows."""

    def __init__(self, home: Path) -> None:
        self.raw = home / "warehouse" / "raw.duckdb"
        self.marts = home / "warehouse" / "tessera.duckdb"
        self.published = home / "published" / "tessera.duckdb"
        with connect(self.raw) as raw:
            raw.execute(
                """
                CREATE SCHEMA ops; CREATE SCHEMA raw_web;
                CREATE TABLE raw_web.events (event_id varchar);
                COMMENT ON TABLE raw_web.events IS 'Synthetic';
                CREATE TABLE ops.batches AS SELECT 'b1' AS batch_id, 'web' AS source,
                    'events' AS entity, 'p' AS path, DATE '2018-01-01' AS delivered_on,
                    3::bigint AS rows_delivered, 2::bigint AS rows_landed,
                    1::bigint AS rows_quarantined, 'landed' AS status;
                CREATE TABLE ops.quarantined_rows AS SELECT 'b1' AS batch_id, 'web' AS source,
                    'events' AS entity, 3::bigint AS row_number, 'x' AS raw_text,
                    ['event_at: not a time', 'event_id: missing'] AS reasons;
                CREATE TABLE ops.gate_results (as_of date, gate varchar, suite varchar,
                    severity varchar, success boolean);
                """
            )
        for gate in GATES:
            self.judge(gate, success=True)
        self.build(amount="10.00")

    def judge(
        self, gate: str, *, success: bool, severity: str = "critical", as_of: date = DAY
    ) -> None:
        with connect(self.raw) as raw:
            raw.execute(
                "INSERT INTO ops.gate_results VALUES (?, ?, 's', ?, ?)",
                [as_of, gate, severity, success],
            )

    def build(self, amount: str) -> None:
        with connect(self.marts, attach={"raw": self.raw}) as marts:
            marts.execute(
                f"""
                CREATE SCHEMA IF NOT EXISTS staging; CREATE SCHEMA IF NOT EXISTS marts;
                CREATE OR REPLACE VIEW staging.stg_web__events AS FROM raw.raw_web.events;
                CREATE OR REPLACE TABLE marts.mart_customer_rfm AS
                    SELECT 'ada' AS customer_id, {amount}::decimal(18, 2) AS monetary_amount;
                """
            )

    def publish(self, as_of: date = DAY) -> dict[str, int | str]:
        return publish(
            as_of=as_of, run_id="r1", raw=self.raw, marts=self.marts, published=self.published
        )

    def read(self, query: str) -> list[tuple[object, ...]]:
        with connect(self.published, read_only=True) as published:
            return read_query(published, query).rows()


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path)


def test_the_copy_says_what_it_is_and_what_went_in(warehouse: Warehouse) -> None:
    assert warehouse.publish() == {"file": str(warehouse.published), "tables": 1, "rows": 1}

    assert warehouse.read("SELECT as_of, run_id, table_count FROM meta.publication") == [
        (DAY, "r1", 1)
    ]
    assert warehouse.read("SELECT reason, rows FROM meta.quarantine_reasons ORDER BY 1") == [
        ("event_at: not a time", 1),
        ("event_id: missing", 1),
    ]
    assert warehouse.read("SELECT source, entity, label FROM meta.labels") == [
        ("web", "events", "Synthetic")
    ]
    assert warehouse.read("SELECT count(*) FROM duckdb_views() WHERE NOT internal") == [(0,)]


def test_the_copy_says_which_sources_were_late_that_day_where_anybody_has_noted_it(
    warehouse: Warehouse,
) -> None:
    warehouse.publish()
    assert warehouse.read("SELECT count(*) FROM meta.freshness") == [(0,)]

    with connect(warehouse.raw) as raw:
        raw.execute(
            "CREATE TABLE ops.freshness AS FROM (VALUES (DATE '2018-01-01', 'fresh'), "
            "(DATE '2018-01-02', 'warned')) AS t(as_of, verdict)"
        )
    warehouse.publish()
    assert warehouse.read("SELECT verdict FROM meta.freshness") == [("warned",)]


def test_the_digest_follows_the_data_and_nothing_else(warehouse: Warehouse) -> None:
    def digest() -> object:
        return warehouse.read("SELECT digest FROM meta.publication")

    warehouse.publish()
    first = digest()
    warehouse.publish()
    assert digest() == first

    warehouse.build(amount="10.01")
    warehouse.publish()
    assert digest() != first


def test_an_open_reader_keeps_its_file_and_a_new_one_sees_the_new(warehouse: Warehouse) -> None:
    warehouse.publish()
    with subprocess.Popen(
        [sys.executable, "-c", ANALYST, str(warehouse.published)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as analyst:
        assert analyst.stdout is not None
        assert analyst.stdout.readline() == "open\n"
        warehouse.build(amount="99.00")
        warehouse.publish()

        seen, _ = analyst.communicate("go on\n", timeout=30)
    assert seen == "10.00\n"
    [(fresh,)] = warehouse.read("SELECT monetary_amount FROM marts.mart_customer_rfm")
    assert str(fresh) == "99.00"


def test_a_back_fill_is_published_beside_the_newest_day_not_over_it(warehouse: Warehouse) -> None:
    warehouse.publish()
    before = warehouse.published.read_bytes()
    past = date(2017, 10, 1)
    for gate in GATES:
        warehouse.judge(gate, success=True, as_of=past)

    beside = Path(str(warehouse.publish(past)["file"]))

    assert beside == warehouse.published.with_name("tessera-2017-10-01.duckdb")
    assert beside.exists()
    assert warehouse.published.read_bytes() == before


MARK = """
CREATE TABLE IF NOT EXISTS ops.rebuilds (
    from_date date, resolved_as_of date, published_before bigint
);
INSERT INTO ops.rebuilds VALUES (DATE '{from_date}', NULL,
    (SELECT max(number) FROM ops.publications))
"""


def marks(warehouse: Warehouse) -> list[tuple[object, ...]]:
    with connect(warehouse.raw, read_only=True) as raw:
        return raw.execute(
            "SELECT from_date::varchar, resolved_as_of FROM ops.rebuilds ORDER BY ALL"
        ).fetchall()


def test_a_mark_closes_when_every_day_it_names_that_was_out_is_out_again(
    warehouse: Warehouse,
) -> None:
    days = [date(2018, 1, day) for day in (1, 2, 3, 4)]
    for day in days:
        for gate in GATES:
            warehouse.judge(gate, success=True, as_of=day)
    for day in days[:3]:
        warehouse.publish(day)
    with connect(warehouse.raw) as raw:
        for from_date in ("2018-01-02", "2018-01-03", "2018-01-05"):
            raw.execute(MARK.format(from_date=from_date))

    for day, closed in (
        (days[3], ["2018-01-05"]),  # nobody had seen that day
        (days[0], ["2018-01-05"]),  # a day before the marks
        (days[2], ["2018-01-03", "2018-01-05"]),
        (days[1], ["2018-01-02", "2018-01-03", "2018-01-05"]),
    ):
        warehouse.publish(day)
        assert [mark for mark, resolved in marks(warehouse) if resolved] == closed
    assert marks(warehouse)[0] == ("2018-01-02", days[1])


def test_a_broken_critical_promise_leaves_yesterday_s_publication(warehouse: Warehouse) -> None:
    warehouse.publish()
    before = warehouse.published.read_bytes()
    warehouse.judge("marts", success=False)

    with pytest.raises(NotAuditedError, match="broke 1 critical"):
        warehouse.publish()

    assert warehouse.published.read_bytes() == before


def test_a_broken_warning_does_not_stop_the_day(warehouse: Warehouse) -> None:
    warehouse.judge("marts", success=False, severity="warning")

    assert warehouse.publish()["tables"] == 1


def test_a_gate_that_never_ran_stops_the_day(warehouse: Warehouse) -> None:
    with connect(warehouse.raw) as raw:
        raw.execute("DELETE FROM ops.gate_results WHERE gate = 'landed'")

    with pytest.raises(NotAuditedError, match="'landed' has not run"):
        warehouse.publish()
    assert not warehouse.published.exists()


def test_a_leftover_of_a_killed_publication_does_not_stop_the_next(warehouse: Warehouse) -> None:
    warehouse.published.parent.mkdir()
    warehouse.published.with_name(".tessera.duckdb.draft").write_bytes(b"half a file")

    assert warehouse.publish()["tables"] == 1
    assert [p.name for p in warehouse.published.parent.iterdir()] == ["tessera.duckdb"]

"""The synthetic company: the same every time, labelled, and what was planted is in its rows."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from include.demo.synthetic.generate import TargetError, deliver_into, fill
from include.demo.synthetic.plan import Floats, Plan, PlanError
from include.demo.synthetic.traits import SEGMENTS, TRAITS, centres, draw_traits
from include.settings import CHECKOUT
from include.warehouse import Connection, connect, read_query

TINY = Plan(customers=300, days=60)
SMALL = Plan(customers=3_000, days=200)


@dataclass(frozen=True)
class Company:
    """A filled raw warehouse, and what was planted in it."""

    raw: Connection
    truth: Path
    rows: Counter[str]

    @property
    def planted(self) -> dict[str, int]:
        said: dict[str, dict[str, int]] = json.loads((self.truth / "manifest.json").read_text())
        return said["planted"]

    def ask(self, query: str) -> list[tuple[object, ...]]:
        return read_query(self.raw, query).rows()


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    home = tmp_path_factory.mktemp("company")
    rows = fill(home / "raw.duckdb", plan=SMALL, truth=home / "truth", progress=lambda _: None)
    with connect(home / "raw.duckdb", read_only=True) as raw:
        for name in ("customers", "identifiers", "bots", "campaigns", "campaign_assignments"):
            raw.register(f"true_{name}", pl.read_parquet(home / "truth" / f"{name}.parquet"))
        yield Company(raw, home / "truth", rows)


def digests(folder: Path) -> dict[str, str]:
    """Return the digest of every file below ``folder``."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_the_same_plan_gives_the_same_bytes_whatever_the_threads_and_another_seed_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {}
    for name, threads, seed in (("one", "1", 7), ("two", "2", 7), ("other", "2", 8)):
        monkeypatch.setenv("TESSERA_THREADS", threads)
        plan = Plan(customers=TINY.customers, days=TINY.days, seed=seed)
        home = tmp_path / name
        home.mkdir()
        deliver_into(home / "landing", plan=plan, truth=home / "truth", progress=lambda _: None)
        made[name] = digests(home)
        assert not list(home.glob("synthetic-*"))  # the scratch folder is gone
    assert len(made["one"]) > 50
    assert made["one"] == made["two"]
    assert made["one"] != made["other"]


def test_files_and_raw_tables_hold_the_same_rows(tmp_path: Path) -> None:
    delivered = deliver_into(
        tmp_path / "landing", plan=TINY, truth=tmp_path / "truth", progress=lambda _: None
    )
    filled = fill(tmp_path / "raw.duckdb", plan=TINY, truth=tmp_path / "t", progress=lambda _: None)
    assert delivered == filled
    files = sorted((tmp_path / "landing/web/events").rglob("*.parquet"))
    events = pl.concat([pl.read_parquet(file) for file in files]).sort("event_id")
    with connect(tmp_path / "raw.duckdb", read_only=True) as raw:
        columns = ", ".join(events.columns)
        found = read_query(raw, f"SELECT {columns} FROM raw_web.events ORDER BY event_id")
        [(ledger,)] = raw.execute("SELECT sum(rows_landed) FROM ops.batches").fetchall()
    assert found.equals(events)
    assert ledger == filled.total()


def test_every_file_and_table_says_that_it_is_made_up(company: Company, tmp_path: Path) -> None:
    deliver_into(tmp_path / "landing", plan=TINY, truth=tmp_path / "t", progress=lambda _: None)
    manifests = list((tmp_path / "landing").rglob("*.manifest.json"))
    assert len(manifests) > 20
    for manifest in manifests:
        said = json.loads(manifest.read_text())
        assert said["company"] == "Sample & Daughters (synthetic)"
        assert "No customer" in said["note"]
    tables = company.ask("SELECT comment FROM duckdb_tables() WHERE schema_name LIKE 'raw_%'")
    assert len(tables) >= len(company.rows)
    assert all("synthetic" in str(comment) for (comment,) in tables)
    assert "No customer" in (company.truth / "README.md").read_text()


def test_the_size_is_as_announced_in_proportion_to_the_customers(company: Company) -> None:
    years = SMALL.days / 365
    assert company.rows["shop.order_lines"] / SMALL.customers == pytest.approx(20 * years, rel=0.35)
    assert company.rows["web.events"] / SMALL.customers == pytest.approx(50 * years, rel=0.35)


def test_every_kind_of_mess_is_there_as_often_as_the_truth_says(company: Company) -> None:
    planted = company.planted
    counted = {
        "guest_orders": "SELECT count(DISTINCT order_id) FROM raw_shop.order_lines "
        "WHERE customer_id IS NULL AND quantity > 0",
        "returned_lines": "SELECT count(*) FROM raw_shop.order_lines "
        "WHERE quantity < 0 AND sales_amount <= 0",
        "bot_events": "SELECT count(*) FROM raw_web.events "
        "WHERE visitor_id IN (SELECT visitor_id FROM true_bots)",
        "doubled_events": "SELECT count(*) - count(DISTINCT (visitor_id, event_at, event_type, "
        "page_path, referrer, utm_source, device_type, customer_id)) FROM raw_web.events",
        "second_accounts": "SELECT count(*) - count(DISTINCT lower(email)) FROM raw_crm.customers "
        f"WHERE _delivered_on = '{SMALL.as_of}'",
        "never_order": "SELECT count(*) FROM true_customers WHERE never_orders AND customer_id "
        "NOT IN (SELECT customer_id FROM raw_shop.order_lines WHERE customer_id IS NOT NULL)",
    }
    found = {name: company.ask(query)[0][0] for name, query in counted.items()}
    assert found == {name: planted[name] for name in counted}
    assert all(found.values())
    [(late,)] = company.ask(
        "SELECT count(*) FROM raw_web.events WHERE _delivered_on > (SELECT min(d) FROM "
        "(SELECT DISTINCT _delivered_on AS d FROM raw_web.events) WHERE d > event_at::date)"
    )
    assert 0 < int(str(late)) <= planted["late_events"]  # some are late within their own delivery


def test_nobody_does_anything_before_joining_or_after_leaving_and_nothing_is_early(
    company: Company,
) -> None:
    assert company.ask(
        "SELECT count(*) FROM raw_shop.order_lines JOIN true_customers USING (customer_id) "
        "WHERE quantity > 0 AND (ordered_at < joined_date OR ordered_at >= churned_date)"
    ) == [(0,)]
    assert company.ask(
        "SELECT count(*) FILTER (ordered_at >= _delivered_on), count(DISTINCT (order_id, "
        "product_id)) - count(*), count(DISTINCT order_id) > 1000 FROM raw_shop.order_lines"
    ) == [(0, 0, True)]
    [(churned, alive)] = company.ask(
        "SELECT count(churned_date), count(*) - count(churned_date) FROM true_customers"
    )
    assert churned
    assert alive


def test_logins_lead_to_the_person_the_truth_names_and_shared_browsers_to_two(
    company: Company,
) -> None:
    pairs = (
        "SELECT DISTINCT visitor_id, customer_id FROM raw_web.events WHERE customer_id IS NOT NULL"
    )
    known = "SELECT identifier, customer_id FROM true_identifiers WHERE kind = 'visitor_id'"
    assert len(company.ask(pairs)) > 1_000
    assert company.ask(f"({pairs}) EXCEPT ({known})") == []
    twice = (
        f"SELECT visitor_id FROM ({pairs}) GROUP BY visitor_id HAVING count(*) > 1 EXCEPT "
        "SELECT identifier FROM true_identifiers WHERE is_shared"
    )
    assert company.ask(twice) == []
    assert company.ask(f"SELECT 1 FROM ({pairs}) GROUP BY visitor_id HAVING count(*) > 1 LIMIT 1")


def test_a_purchase_event_is_the_till_s_order_of_the_same_second(company: Company) -> None:
    assert company.ask(
        "SELECT count(*) > 1000, count(*) FILTER (o.order_id IS NULL) FROM raw_web.events AS e "
        "LEFT JOIN (SELECT DISTINCT order_id, ordered_at FROM raw_shop.order_lines) AS o "
        "ON e.order_id = o.order_id AND e.event_at = o.ordered_at WHERE event_type = 'purchase'"
    ) == [(True, 0)]


def test_campaigns_are_dealt_by_a_coin_and_one_of_them_does_nothing(company: Company) -> None:
    rows = company.ask(
        "SELECT effect, avg(is_treated::integer), avg(expected_extra_orders) "
        "FROM true_campaign_assignments JOIN true_campaigns USING (campaign_id) "
        "GROUP BY effect ORDER BY effect"
    )
    effects = [float(str(row[0])) for row in rows]
    expected = [float(str(row[2])) for row in rows]
    assert effects[0] == 0 == expected[0]
    assert all(float(str(row[1])) == pytest.approx(0.5, abs=0.05) for row in rows)
    assert expected == sorted(expected)
    [(sent,)] = company.ask("SELECT count(*) FROM raw_marketing.campaign_exposures")
    assert company.ask("SELECT count(*) FROM true_campaign_assignments WHERE is_treated") == [
        (sent,)
    ]


def test_segments_differ_as_planted_and_the_hard_company_is_harder() -> None:
    right = {}
    for structure in ("easy", "hard"):
        traits = draw_traits(Plan(customers=20_000, structure=structure))
        distances = from_centres(traits.values)
        own = traits.segment >= 0
        assert own.mean() == pytest.approx(0.95, abs=0.01)
        right[structure] = (distances.argmin(axis=1) == traits.segment)[own].mean()
    assert right["easy"] > 0.98
    assert right["hard"] < right["easy"]
    assert right["hard"] > 0.8


def test_without_structure_the_typical_customer_stays_and_the_segments_go() -> None:
    easy = draw_traits(Plan(customers=20_000))
    none = draw_traits(Plan(customers=20_000, structure="none"))
    assert none.names(is_planted=False).null_count() == 20_000
    for trait in TRAITS:
        assert np.median(none[trait]) == pytest.approx(np.median(easy[trait]), rel=0.6)
    near = {
        name: np.quantile(from_centres(drawn.values).min(axis=1), 0.25)
        for name, drawn in (("easy", easy), ("none", none))
    }
    assert near["none"] > 2 * near["easy"]  # between the centres there is as much as near them


def from_centres(values: dict[str, Floats]) -> Floats:
    """Return each customer's distance from each segment's middle, shape ``(n, segments)``."""
    middles = centres()
    rates = [np.log(values[name]) for name in TRAITS[:5]]
    shares = [np.log(values[name] / (1 - values[name])) for name in TRAITS[5:]]
    cloud = np.column_stack(rates + shares)
    assert middles.shape == (SEGMENTS.height, len(TRAITS))
    distances: Floats = np.linalg.norm(cloud[:, None, :] - middles[None], axis=2)
    return distances


def test_a_plan_that_makes_no_company_says_which_would() -> None:
    for wrong in ({"customers": 0}, {"customers": 10**8}, {"days": 3}, {"seed": -1}):
        with pytest.raises(PlanError, match=r"not|between"):
            Plan(**wrong)  # type: ignore[arg-type]
    assert Plan(as_of=date(2016, 3, 1), days=30).deliveries[-1] == date(2016, 3, 1)


def test_the_command_refuses_a_folder_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(TargetError):
        fill(tmp_path, plan=TINY, truth=tmp_path / "truth")
    done = subprocess.run(
        [sys.executable, "-m", "include.demo.synthetic", "--out", str(tmp_path)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "not empty" in " ".join(done.stderr.split())
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]

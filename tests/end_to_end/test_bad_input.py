"""Bad deliveries stop the run by name, or leave it honest; nothing half-done is ever published."""

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from include.warehouse import connect, read_query

Run = Callable[[Path], dict[str, str]]


@pytest.fixture
def home(morning: Any, tmp_path: Path) -> Path:
    """A copy of a home in which yesterday went well."""
    return Path(shutil.copytree(morning.home, tmp_path / "home", symlinks=True))


def digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def test_missing_and_broken_extracts_are_named_and_yesterday_stands(
    home: Path, run_dag: Run
) -> None:
    landing = home / "landing"
    before = digest(home / "published" / "tessera.duckdb")
    outbox = sorted(str(file) for file in (home / "outbox").rglob("*"))
    shutil.rmtree(landing / "shop" / "products")
    renamed = landing / "crm" / "customers" / "2018-01-02" / "customers.csv"
    renamed.write_text(renamed.read_text().replace("marketing_consent", "consent", 1))
    renamed.with_name("customers.csv.manifest.json").unlink()
    [events] = (landing / "web" / "events" / "2018-01-02").glob("*.parquet")
    events.write_bytes(events.read_bytes()[:-1])

    failed = run_dag(home)

    assert set(failed) == {
        "land.land_shop_products",
        "land.land_crm_customers",
        "land.land_web_events",
    }
    missing = failed["land.land_shop_products"]
    assert "shop.products" in missing
    assert "2018-01-02" in missing
    assert str(landing / "shop" / "products") in missing
    assert "clear this task" in missing
    assert "customers.csv" in failed["land.land_crm_customers"]
    assert "marketing_consent" in failed["land.land_crm_customers"]
    assert events.name in failed["land.land_web_events"]
    assert digest(home / "published" / "tessera.duckdb") == before
    assert sorted(str(file) for file in (home / "outbox").rglob("*")) == outbox


def test_a_gate_that_breaks_stops_everything_after_it(home: Path, run_dag: Run) -> None:
    with connect(home / "warehouse" / "raw.duckdb") as raw:
        raw.execute(
            "DELETE FROM raw_crm.customers WHERE _delivered_on = '2018-01-02' AND customer_id > '5'"
        )
    before = digest(home / "published" / "tessera.duckdb")

    failed = run_dag(home)

    assert set(failed) == {"check_landed"}
    assert "raw_crm.customers" in failed["check_landed"]
    assert digest(home / "published" / "tessera.duckdb") == before


def test_without_web_and_marketing_the_run_goes_on_with_honest_nulls(
    morning: Any, tmp_path: Path, run_dag: Run
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    for source in ("crm", "shop"):
        shutil.copytree(morning.home / "landing" / source, home / "landing" / source)

    assert run_dag(home) == {}

    with connect(home / "published" / "tessera.duckdb", read_only=True) as published:
        known, made_up = read_query(
            published,
            "SELECT count(orders_30d), count(sessions_30d) + count(product_views_30d) "
            "+ count(abandoned_carts_30d) + count(campaigns_90d) "
            "FROM marts.mart_customer_features",
        ).row(0)
        scored = read_query(published, "SELECT count(*) FROM ml.customer_churn_scores").item()
    assert known == scored == 2469
    assert made_up == 0
    assert (home / "reports" / "2018-01-02" / "index.html").exists()

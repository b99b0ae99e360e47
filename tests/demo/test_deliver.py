"""The delivery: whole, as its manifests state, the same every time, nothing before its day."""

import gzip
import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from include.demo import company
from include.demo.deliver import deliver

if TYPE_CHECKING:
    from tests.demo.conftest import Delivery

ORDER_LINES = 1_469_307


def contents(landing: Path) -> dict[str, str]:
    """Return the digest of every file below ``landing``."""
    return {
        str(file.relative_to(landing)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in landing.rglob("*")
        if file.is_file()
    }


def records(file: Path) -> int:
    """Count the records of a file without the reader of its format where there is a simpler way."""
    if file.suffix == ".parquet":
        return int(pl.scan_parquet(file).select(pl.len()).collect().item())
    content = file.read_bytes()
    if file.suffix == ".gz":
        content = gzip.decompress(content)
    return content.count(b"\n") - (".csv" in file.name)


def test_every_manifest_states_the_rows_bytes_and_digest_of_its_file(delivery: "Delivery") -> None:
    files = delivery.files()
    assert len(files) == 76

    for file in files:
        manifest = json.loads(file.with_name(f"{file.name}.manifest.json").read_text())
        assert manifest == {
            "rows": records(file),
            "bytes": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        assert manifest["rows"] > 0


def test_the_landing_folder_holds_nothing_but_files_and_their_manifests(
    delivery: "Delivery",
) -> None:
    assert len(contents(delivery.landing)) == 2 * len(delivery.files())


def test_a_second_delivery_has_the_same_bytes_and_then_only_mends_what_is_damaged(
    delivery: "Delivery", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESSERA_THREADS", "1")  # the threads must not show
    deliver(landing=tmp_path, progress=lambda _: None)
    assert contents(tmp_path) == contents(delivery.landing)

    untouched = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*") if file.is_file()}
    damaged = tmp_path / "crm" / "customers" / "2017-02-01" / "customers.csv"
    damaged.write_text("half a fi")
    for file in (damaged, damaged.with_name(f"{damaged.name}.manifest.json")):
        del untouched[file]

    said = {entity.table: entity for entity in deliver(landing=tmp_path, progress=lambda _: None)}

    assert said["crm.customers"].kept == said["crm.customers"].files - 1
    assert contents(tmp_path) == contents(delivery.landing)
    assert untouched == {file: file.stat().st_mtime_ns for file in untouched}


def test_all_order_lines_arrive_and_every_month_has_some(delivery: "Delivery") -> None:
    lines = delivery.rows("shop.order_lines")

    assert lines.height == ORDER_LINES
    assert lines.select("order_id", "product_id").is_unique().all()
    months = lines["ordered_at"].str.slice(0, 7).unique().sort().to_list()
    assert months == [*(f"2017-{month:02}" for month in range(1, 13)), "2018-01"]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("crm.customers", "created_date"),
        ("crm.customers", "consent_updated_date"),
        ("shop.order_lines", "ordered_at"),
        ("marketing.campaign_exposures", "started_date"),
        ("marketing.coupon_redemptions", "redeemed_date"),
        ("web.events", "event_at"),
    ],
)
def test_no_file_knows_of_its_own_day_or_later(
    delivery: "Delivery", table: str, column: str
) -> None:
    days = delivery.by_day(table)
    assert len(days) >= 12
    for day, rows in days.items():
        latest = rows[column].cast(pl.String).max()
        assert isinstance(latest, str)
        assert latest < day.isoformat()


def test_no_campaign_and_no_redemption_of_the_source_is_lost(delivery: "Delivery") -> None:
    with company.open_company() as connection:
        exposures = company.campaign_exposures(connection)
        redemptions = company.coupon_redemptions(connection)
    assert delivery.rows("marketing.campaign_exposures").height == exposures.height == 6_589
    assert delivery.rows("marketing.coupon_redemptions").height == redemptions.height == 2_102


def test_the_last_snapshot_knows_every_customer_who_ordered(delivery: "Delivery") -> None:
    *_, last = delivery.by_day("crm.customers").values()
    ordered = delivery.rows("shop.order_lines")["customer_id"].unique()
    assert sorted(last["customer_id"]) == sorted(ordered)
    assert last.height == 2_469
    assert last["age_band"].drop_nulls().len() == 801


def test_consent_is_yes_no_or_unknown_and_some_change_their_mind_before_each_snapshot(
    delivery: "Delivery",
) -> None:
    snapshots = list(delivery.by_day("crm.customers").values())
    assert set(snapshots[0]["marketing_consent"]) == {"true", "false", None}

    for before, after in pairwise(snapshots):
        both = before.join(after, on="customer_id", suffix="_after")
        said = pl.col("marketing_consent").fill_null("unknown")
        said_after = pl.col("marketing_consent_after").fill_null("unknown")
        changed = both.filter(said != said_after)
        assert changed.height > 0
        assert changed.select(
            (pl.col("consent_updated_date_after") > pl.col("created_date")).all()
        ).item()


def test_without_the_package_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(company, "PACKAGE", "no_such_package")
    with pytest.raises(company.DemoDataMissingError, match=r"extra named `demo`"):
        company.data_folder()

"""The demo does the whole job on real data, and does it again to the same bytes."""

import json
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from include.settings import CHECKOUT
from include.warehouse import connect

ORDER_LINES = 1_469_307  # as the data set's publisher counts them
HOUSEHOLDS = 2_469
CUSTOMER_KEYS = {"customer_id", "external_id", "subscriber_id"}  # as each channel calls it


def test_every_order_line_of_the_source_is_landed(morning: Any) -> None:
    rows = morning.read(
        "SELECT source || '.' || entity, sum(rows_landed)::bigint FROM meta.batches GROUP BY 1"
    ).rows()

    assert dict(rows)["shop.order_lines"] == ORDER_LINES


def test_every_delivered_row_is_landed_or_quarantined(morning: Any) -> None:
    files, broken = morning.read(
        "SELECT count(*), count(*) FILTER (rows_delivered <> rows_landed + rows_quarantined) "
        "FROM meta.batches"
    ).row(0)

    assert files > 30
    assert broken == 0


def test_readme_s_queries_account_for_every_row(morning: Any) -> None:
    blocks = re.findall(r"```sql\n(.*?)```", (CHECKOUT / "README.md").read_text(), re.DOTALL)
    conservation, reasons = (part for part in blocks[0].split(";") if "SELECT" in part)

    assert morning.read(conservation)["accounted_for"].all()
    assert morning.read(reasons).height > 0


def test_faulty_web_events_are_quarantined_with_reasons(morning: Any) -> None:
    reasons = morning.read("SELECT reason, rows FROM meta.quarantine_reasons WHERE source = 'web'")

    assert reasons.height > 0
    assert reasons["rows"].min() > 0


def test_every_customer_has_one_segment_and_one_churn_score(morning: Any) -> None:
    for table in ("ml.customer_segments", "ml.customer_churn_scores"):
        rows, customers = morning.read(
            f"SELECT count(*), count(DISTINCT customer_id) FROM {table}"
        ).row(0)
        assert (rows, customers) == (HOUSEHOLDS, HOUSEHOLDS), table


def test_segments_carry_names_and_reasons_a_person_can_use(morning: Any) -> None:
    profiles = morning.read("SELECT * FROM ml.segment_profiles")
    unexplained = morning.read("SELECT count(*) FROM ml.customer_segments WHERE reasons = ''")

    assert profiles.height >= 2
    assert profiles["segment_name"].n_unique() == profiles.height
    assert profiles["customers"].sum() == HOUSEHOLDS
    assert unexplained.item() == 0


def test_the_churn_model_is_judged_against_both_baselines(morning: Any) -> None:
    metrics = dict(
        morning.read("SELECT metric, value FROM ml.model_metrics WHERE model = 'churn'").iter_rows()
    )

    assert float(metrics["roc_auc"]) > float(metrics["recency_roc_auc"])
    assert {"pr_auc", "brier", "logistic_roc_auc", "logistic_pr_auc"} <= set(metrics)


def test_nobody_without_consent_is_in_any_file_that_left(morning: Any) -> None:
    consented = set(
        morning.read(
            "SELECT customer_id FROM marts.dim_customers WHERE marketing_consent"
        ).to_series()
    )
    full_lists = {
        name: content
        for name, content in morning.outbox().items()
        if name.endswith(".csv") and ".added." not in name and ".removed." not in name
    }

    assert len(full_lists) >= 4
    for name, content in full_lists.items():
        header, *lines = content.decode().splitlines()
        assert header.split(",")[0] in CUSTOMER_KEYS, name
        assert {line.split(",")[0].strip('"') for line in lines} <= consented, name


def test_each_manifest_describes_the_file_beside_it(morning: Any) -> None:
    files = morning.outbox()
    manifests = {name: json.loads(files[name]) for name in files if name.endswith("manifest.json")}

    assert manifests
    for name, manifest in manifests.items():
        content = files[name.replace(".manifest.json", ".csv")]
        assert manifest["sha256"] == sha256(content).hexdigest()
        assert manifest["rows"] == len(content.splitlines()) - 1


def test_the_terminal_says_what_came_out(morning: Any) -> None:
    names = morning.read("SELECT segment_name FROM ml.segment_profiles").to_series()

    for name in names:
        assert name.split()[0] in morning.printed
    assert "tessera.duckdb" in morning.printed
    assert "index.html" in morning.printed
    assert "1,469,307" in morning.printed


def test_the_report_stands_alone(morning: Any) -> None:
    page = (morning.home / "reports" / "2018-01-02" / "index.html").read_text()

    assert "http://" not in page.replace("http://www.w3.org/", "")
    assert "https://" not in page


def test_nothing_is_readable_by_others(morning: Any) -> None:
    assert morning.home.stat().st_mode & 0o077 == 0
    for part in ("landing", "warehouse", "outbox", "mlflow"):
        assert (morning.home / part).stat().st_mode & 0o077 == 0, part


def test_again_in_the_same_home_and_in_a_fresh_one_gives_the_same_bytes(
    morning: Any, run_morning: Callable[[Path], Any], tmp_path: Path
) -> None:
    digests, outbox = morning.digests(), morning.outbox()
    assert len(digests) > 10

    fresh = run_morning(tmp_path / "fresh")
    assert fresh.code == 0, fresh.printed
    assert fresh.digests() == digests
    assert fresh.outbox() == outbox

    with connect(fresh.published, read_only=True):  # an analyst who forgot to close
        again = run_morning(fresh.home)
    assert again.code == 0, again.printed
    assert again.digests() == digests
    assert again.outbox() == outbox

"""Transform: what a person learns when dbt fails, and what it leaves behind when it does not."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from include import transform
from include.settings import CHECKOUT, Settings
from include.warehouse import connect
from tests.dbt_project.company import at_home, deliver

JULY = "2025-07-01"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Raw tables that nothing has been built from."""
    with at_home(tmp_path_factory.mktemp("company")) as settings:
        deliver(settings)
        return settings


def test_without_raw_tables_it_says_to_land_first(tmp_path: Path) -> None:
    with (
        at_home(tmp_path),
        pytest.raises(transform.BuildFailedError, match="Land the extracts for 2025-07-01 first"),
    ):
        transform.build_marts(JULY)


def test_a_summary_counts_what_was_built_and_how_long_it_took(company: Settings) -> None:
    with at_home(company.home):
        summary = transform.run(JULY, select=["stg_shop__order_lines", "stg_shop__products"])
    assert (summary["models"], summary["seeds"], summary["tests"]) == (2, 0, 3)
    assert set(summary["seconds_per_model"]) == {"stg_shop__order_lines", "stg_shop__products"}
    assert summary["warnings"] == []


def test_the_file_is_free_and_private_and_the_environment_as_before(company: Settings) -> None:
    before = dict(os.environ)
    with at_home(company.home):
        transform.run(JULY, select=["stg_shop__products"])
    assert dict(os.environ) == before
    with connect(company.marts):
        assert stat.S_IMODE(company.marts.stat().st_mode) == 0o600


def test_a_failure_names_the_nodes_with_counts_and_what_to_do(company: Settings) -> None:
    with connect(company.raw) as raw:
        raw.execute(
            "INSERT INTO raw_shop.order_lines FROM raw_shop.order_lines "
            "WHERE order_id = 'order-1' AND product_id = 'product-1'"
        )
    with at_home(company.home), pytest.raises(transform.BuildFailedError) as failure:
        transform.run(JULY, select=["stg_shop__order_lines", "int_order_lines_summarised_to_order"])
    said = str(failure.value)
    assert said.startswith("1 nodes of the dbt project failed, 1 after them were skipped:")
    assert "- test an_order_lists_a_product_once: Got 1 result" in said
    assert "Fix the cause and clear this task" in said


def test_the_documentation_is_one_page_that_calls_nobody(company: Settings) -> None:
    with at_home(company.home):
        page = transform.docs(JULY)
    text = page.read_text(encoding="utf-8")
    assert page == company.docs / "dbt" / "index.html"
    assert "mart_customer_rfm" in text
    assert "cloudfront" not in text
    assert "Tessera's tables" in text


def test_dbt_starts_without_what_it_has_no_use_for() -> None:
    found = "print(*{'polars', 'pyarrow', 'pandas'} & set(sys.modules))"
    code = f"import sys, include.transform; {found}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize("held", ["marts", "raw"])
def test_a_file_held_by_another_process_is_named_with_the_cure(
    held: str, company: Settings
) -> None:
    hold = (
        "import sys; from pathlib import Path; from include.warehouse import connect\n"
        "with connect(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with (
        at_home(company.home),
        subprocess.Popen(
            [sys.executable, "-c", hold, str(getattr(company, held))],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as holder,
    ):
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(transform.BuildFailedError) as failure:
            transform.run(JULY, select=["stg_shop__products"])
        holder.communicate()
    assert f'Could not set lock on file "{getattr(company, held)}"' in str(failure.value)
    assert "another process holds the file: close it first" in str(failure.value)

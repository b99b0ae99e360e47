"""The page says what is published, hurts nobody, and is the same for the same publication."""

import re
from datetime import date
from pathlib import Path

import pytest

from include.console.reads import PASTS, READS
from include.console.report import render, run, write_report
from include.console.tables import PublicationMissingError
from tests.console.conftest import AS_OF, Publication

OPTIONAL = sorted({*READS, *(table for table, _ in PASTS.values())} - {"meta.publication"})
OUTSIDE = re.compile(r"""https?:|(?:src|href|action)\s*=\s*["']?//|url\(|@import|<link[^>]+http""")


def page_of(published: Publication) -> str:
    """Return the page, its white space folded."""
    return re.sub(r"\s+", " ", render(as_of=AS_OF, published=published.path))


@pytest.fixture(scope="module")
def page(whole: Publication) -> str:
    """The page of the publication as it is."""
    return page_of(whole)


@pytest.mark.parametrize(
    "said",
    [
        "As of 2 January 2018",
        "3 customers in 2 segments",
        "<strong>Best customers</strong> are 33% of them and bring 90% of the last 90 days",
        "Thank them.",
        "Not all of this data is real.",
        "<code>web.events</code> Synthetic, made from a seed",
        "+25.0% on the 90 days before",
        "Need Attention: 1 customer (33.3%)",
        "The model does best on ROC-AUC; a baseline does better on Brier score.",
        "In the judged month, 25.0% of customers stayed away.",
        "Something new",
        "quantity is negative",
        "1 file was refused whole",
        "column event_at is missing",
        "Put a corrected file in the same place, or correct the contract",
        "<code>python -m include.landing status</code> says of each file what to do next",
        "1 source is late",
        "the newest delivery is of 2017-11-01, too old before this day",
        "Optional, and never delivered: <code>shop.order_contacts</code>. What would rest",
        "customer_id: To not be null: 2 of 3.",
        "Nobody is nobody.",
        "Win back",
        "churn-7, trained as of 2018-01-01",
        "manual__one",
        "No web data had landed up to this day",
        "Spends more",
        "Spend, 90 days: <b>900</b>, all others 50",
        "large difference (Cliff’s delta +1.00)",
        "Buys more on discount",
        "90% of the last 90 days’ revenue, 900 a member.",
        "In the last 12 months a member spent 260 on average, in 5 orders of 52.00.",
        "Historic CLV: 260 a member, all spent to this day.",
        "What they will spend is not estimated.",
        "last ordered 1 day ago.",
        "Soft drinks (100%)",
        "Too little is known of them.",
        "A retrain of 1 January 2018 waits for a decision",
        "To let it lead: approve 2018-01-01-cafe",
        "From 1 December 2017 to 2 January 2018: 1 stayed, 1 moved, 1 came, 0 left.",
        "A new model scores since then.",
        "Long gone to Quiet ones: 1 customer",
        "Long gone (ended)",
        "<b>Merged: S3 Long gone</b> into S2 Quiet ones<small>40 of 50 joined them.</small>",
        "<b>First segments: Best customers · Quiet ones</b><small>The first model.</small>",
        "The same search was run on 20 made-up companies",
        "These customers score 0.80, the best of the made-up ones 0.30.",
        "Not a segment of its own: 3 customers",
    ],
)
def test_the_page_says_what_was_published(page: str, said: str) -> None:
    assert said in page


@pytest.mark.parametrize(
    "unsaid",
    [
        "Reached by more campaigns",  # what the company sent
        "Customer for longer",  # too small an effect
        "Uses coupons more",  # the same median
        "all of them stayed",  # no news
        "a year before",  # old news
    ],
)
def test_what_is_no_news_of_a_segment_is_not_told(page: str, unsaid: str) -> None:
    assert unsaid not in page


def test_sizes_over_time_are_of_segments_of_one_sort(published: Publication) -> None:
    assert "Hibernating" not in page_of(published)  # by rule, on a day before the clusters
    published.change("UPDATE ml.segment_profiles SET segment_id = 'S9' WHERE segment_id ~ 'R-.*'")
    assert "Hibernating (ended)" in page_of(published)


def test_on_the_first_day_nothing_is_compared(published: Publication) -> None:
    published.change(
        "DELETE FROM ml.segment_flows; DELETE FROM ml.segment_profiles WHERE as_of < '2018-01-02'"
    )
    page = page_of(published)
    assert "From the second on, this is a line a segment." in page
    assert "From the second on, this shows who moved where." in page


def test_marketing_data_that_landed_is_not_called_absent(page: str) -> None:
    assert "No marketing data had landed" not in page


def test_real_data_carries_no_banner(published: Publication) -> None:
    published.change("DELETE FROM meta.labels")
    assert "Not all of this data is real" not in page_of(published)


def test_a_hostile_name_is_shown_and_not_run(published: Publication) -> None:
    hostile = '<script>alert("x")</script><img src=x onerror=alert(1)>'
    for table, column in (
        ("ml.segment_profiles", "segment_name"),
        ("ml.segment_profiles", "suggested_action"),
        ("marts.mart_customer_rfm", "rfm_segment"),
        ("meta.quarantine_reasons", "reason"),
        ("meta.labels", "label"),
    ):
        published.change(f"UPDATE {table} SET {column} = '{hostile}'")

    page = page_of(published)

    assert page.count("<script") == 1
    assert "<img" not in page
    assert "&lt;script&gt;alert(&#34;x&#34;)" in page


def test_the_page_names_no_address_outside(page: str) -> None:
    assert OUTSIDE.search("<img src=//cdn.example/x.png>")
    assert OUTSIDE.findall(page) == []


def test_the_same_publication_gives_the_same_bytes(published: Publication, tmp_path: Path) -> None:
    pages = [
        write_report(as_of=AS_OF, published=published.path, reports=tmp_path / name).read_bytes()
        for name in ("one", "two")
    ]
    assert pages[0] == pages[1]


def test_a_page_is_replaced_whole_and_leaves_nothing_beside_it(
    published: Publication, tmp_path: Path
) -> None:
    page = tmp_path / "reports" / "2018-01-02" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("yesterday's attempt")

    assert write_report(as_of=AS_OF, published=published.path, reports=tmp_path / "reports") == page

    assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert [file.name for file in page.parent.iterdir()] == ["index.html"]


def test_the_edge_reads_its_paths_from_settings(
    published: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = published.path.parents[1]
    monkeypatch.setenv("TESSERA_HOME", str(home))
    assert run("2018-01-02", str(published.path)) == str(
        home / "reports" / "2018-01-02" / "index.html"
    )


@pytest.mark.parametrize("table", OPTIONAL)
def test_a_table_that_is_not_published_leaves_a_page_without_it(
    published: Publication, table: str
) -> None:
    published.change(f"DROP TABLE {table}")
    assert "How to read this page" in page_of(published)


@pytest.mark.parametrize("taken_away", ["DROP TABLE", "DELETE FROM"])
def test_nothing_but_a_publication_says_so_section_by_section(
    published: Publication, taken_away: str
) -> None:
    published.change("; ".join(f"{taken_away} {table}" for table in OPTIONAL))

    page = page_of(published)

    for sentence in (
        "No segments are published for this day.",
        "No RFM scores are published for this day.",
        "No churn model is published for this day.",
        "The publication carries no ledger of deliveries.",
        "The publication carries no gate results.",
        "No audience was exported on this day.",
    ):
        assert sentence in page


def test_segments_by_rules_are_called_so(published: Publication) -> None:
    assert "grouped by rules" not in page_of(published)
    published.change(
        "UPDATE ml.segment_profiles SET model_version = 'rules-1'; "
        "INSERT INTO ml.segment_refusals VALUES ('2018-01-02', 'no structure beyond chance')"
    )
    page = page_of(published)
    assert "grouped by rules" in page
    assert "What it said: no structure beyond chance." in page
    assert "Are they real?" not in page


def test_another_days_rows_are_not_shown(published: Publication) -> None:
    published.change(
        "INSERT INTO ml.segment_profiles SELECT * REPLACE (DATE '2018-01-01' AS as_of, "
        "'Of yesterday' AS segment_name) FROM ml.segment_profiles WHERE as_of = '2018-01-02'"
    )
    assert "Of yesterday" not in page_of(published)


def test_a_day_that_is_not_published_is_refused(published: Publication) -> None:
    with pytest.raises(
        PublicationMissingError, match=r"published for 2018-01-02, not for 2018-01-03"
    ):
        render(as_of=date(2018, 1, 3), published=published.path)


def test_before_the_first_publication_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PublicationMissingError, match="Run the DAG up to its publish task"):
        render(as_of=AS_OF, published=tmp_path / "none.duckdb")

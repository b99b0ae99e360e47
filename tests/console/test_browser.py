"""The page in a real Chromium: whole without a network, at home on a phone, in light and dark."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from include.console.colours import STEPS
from include.console.report import write_report
from tests.console.conftest import AS_OF, Publication

pytestmark = pytest.mark.browser

DESKTOP, PHONE = (1360, 900), (390, 844)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Visit:
    """What a visit to the page asked for and complained about."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The machine's own Chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(whole: Publication) -> Path:
    """The page of the publication as it is."""
    return write_report(as_of=AS_OF, published=whole.path, reports=whole.path.parent)


def visit(browser: Browser, report: Path, size: tuple[int, int], scheme: str = "light") -> Visit:
    """Open the page with every request but the page itself refused."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    seen = Visit(context.new_page())
    address = report.as_uri()
    seen.page.route("**/*", lambda r: r.continue_() if r.request.url == address else r.abort())
    seen.page.on("request", lambda request: seen.asked.append(request.url))
    seen.page.on("console", lambda message: seen.complaints.append(message.text))
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    seen.page.goto(address)
    return seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_page_asks_for_nothing_and_fits(
    browser: Browser, report: Path, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    seen = visit(browser, report, size, scheme)

    seen.page.screenshot(path=tmp_path / "page.png", full_page=True)
    seen.page.evaluate("scrollTo(0, document.body.scrollHeight)")

    assert (tmp_path / "page.png").stat().st_size > 0
    assert seen.asked == [report.as_uri()]
    assert seen.complaints == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") == size[0]


OVERFLOWING = """
() => [...document.querySelectorAll(".panel, .card")].flatMap((box) =>
  [...box.querySelectorAll("*:not(.unseen, .unseen *, .scroll *, svg *)")]
    .filter((e) => e.checkVisibility())
    .filter((e) => e.getBoundingClientRect().bottom > box.getBoundingClientRect().bottom + 1)
    .map((e) => `${box.className}: ${e.tagName} ${e.className} ${e.textContent.slice(0, 40)}`))
"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_many_segments_stay_within_their_frames(
    browser: Browser, published: Publication, tmp_path: Path, size: tuple[int, int]
) -> None:
    published.change(
        "INSERT INTO ml.segment_profiles BY NAME SELECT p.* REPLACE ('S' || n AS segment_id, "
        "'Segment number ' || n AS segment_name) "
        "FROM ml.segment_profiles AS p, range(3, 15) AS t(n) "
        "WHERE as_of = '2018-01-02' AND segment_id = 'S2'"
    )
    page = write_report(as_of=AS_OF, published=published.path, reports=tmp_path)

    seen = visit(browser, page, size).page

    assert seen.locator(".sizes tbody tr").count() == 14
    assert seen.evaluate(OVERFLOWING) == []


def test_what_is_hostile_does_not_run(
    browser: Browser, published: Publication, tmp_path: Path
) -> None:
    published.change(
        "UPDATE ml.segment_profiles SET segment_name = "
        "'<img src=x onerror=\"document.title=1\"><script>document.title=2</script>'"
    )
    page = write_report(as_of=AS_OF, published=published.path, reports=tmp_path)

    seen = visit(browser, page, DESKTOP)

    assert seen.page.title() == "Customer segments, 2 January 2018"
    assert seen.page.locator("article h3").first.inner_text().startswith("<img src=x")


def test_the_map_changes_its_colours_at_a_click(browser: Browser, report: Path) -> None:
    page = visit(browser, report, DESKTOP).page
    assert page.locator("g.view-segment").is_visible()
    assert not page.locator("g.view-risk").is_visible()

    page.get_by_text("By churn risk").click()

    assert page.locator("g.view-risk").is_visible()
    assert not page.locator("g.view-segment").is_visible()


def test_a_table_is_sorted_by_its_heading(browser: Browser, report: Path) -> None:
    page = visit(browser, report, DESKTOP).page
    page.get_by_text("The numbers").click()
    names = page.locator("#rfm details tbody th")
    assert names.all_inner_texts() == ["Champions", "Lost", "Need Attention"]

    heading = page.locator("#rfm details").get_by_role("button", name="Last order, days")
    heading.click()
    assert names.all_inner_texts() == ["Lost", "Need Attention", "Champions"]

    heading.click()
    assert names.all_inner_texts() == ["Champions", "Need Attention", "Lost"]


def test_a_tile_of_the_mosaic_says_what_it_is(browser: Browser, report: Path) -> None:
    page = visit(browser, report, DESKTOP).page
    page.locator(".tiles i").last.hover()
    assert page.locator("#tip").inner_text() == "Best customers: 33.3%"


def test_without_script_the_page_still_reads(browser: Browser, report: Path) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(report.as_uri())
    assert page.get_by_role("heading", name="Quiet ones").is_visible()
    assert page.locator("g.view-segment").is_visible()


TEXT_CONTRAST = """
() => {
  const parts = (colour) => {
    const numbers = colour.match(/[\\d.]+/g).map(Number);
    return numbers.length < 4 ? [...numbers, 1] : numbers;
  };
  const linear = (v) => v <= 10.3 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parts(getComputedStyle(e).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const poor = [];
  for (const e of document.querySelectorAll("body *:not(svg *):not(script):not(style)")) {
    const text = [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent);
    if (!text.join("").trim() || !e.checkVisibility()) continue;
    const style = getComputedStyle(e);
    const over = ground(e);
    const ink = parts(style.color);
    const alpha = Number(style.opacity) * ink[3];
    const mixed = ink.map((v, i) => v * alpha + over[i] * (1 - alpha));
    const [low, high] = [light(mixed), light(over)].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) poor.push(`${e.tagName} ${e.className} ${ratio.toFixed(2)} ${text[0]}`);
  }
  return poor;
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_that_accessibility_asks_for(
    browser: Browser, report: Path, scheme: str
) -> None:
    assert visit(browser, report, DESKTOP, scheme).page.evaluate(TEXT_CONTRAST) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_step_of_the_scales_has_text_one_can_read(
    browser: Browser, report: Path, scheme: str
) -> None:
    page = visit(browser, report, DESKTOP, scheme).page
    cells = "".join(f"<td class={scale}{step}>42</td>" for scale in "hd" for step in range(STEPS))
    page.evaluate(f"document.querySelector('main').innerHTML = '<table class=heat>{cells}</table>'")
    assert page.locator("td").count() == 2 * STEPS
    assert page.evaluate(TEXT_CONTRAST) == []

"""The three pages in a real browser: the totals that the report prints, and nothing broken."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.conftest import run_inkledger

WIDTHS = [390, 1600]
README_WIDTH = 1280
MOST_BYTES = 300_000
MAIN = "document.querySelector('[data-testid=stMain]')"
SETTLED = f"""() => {{
    const [before, now] = [window.heightBefore, {MAIN}.scrollHeight];
    window.heightBefore = now;
    return before === now;
}}"""


class Watched:
    """A page of the dashboard, and everything that went wrong on it."""

    def __init__(self, browser: Browser, address: str, width: int, theme: Any) -> None:
        self.address = address
        self.troubles: list[str] = []
        self.page: Page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme=theme
        )
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def open(self, path: str) -> None:
        """Go to a page and wait until it is drawn whole."""
        self.page.goto(self.address + path)
        expect(self.page.get_by_test_id("stMetric").first).to_be_visible(timeout=60_000)
        expect(self.page.locator("[data-test-script-state=notRunning]")).to_be_attached()
        expect(self.page.locator("svg.marks").last).to_be_visible()
        self.page.evaluate("document.fonts.ready")

    def check(self) -> None:
        """No exception box, no error on the console, nothing wider than the screen."""
        for box in ("stException", "stAlertContentError"):
            expect(self.page.get_by_test_id(box)).to_have_count(0)
        assert self.troubles == []
        assert self.page.evaluate(f"{MAIN}.scrollWidth <= {MAIN}.clientWidth")

    def take(self, path: Path) -> None:
        """A picture of the whole page, which scrolls inside its window."""
        self.page.set_viewport_size({"width": README_WIDTH, "height": self._settled_height()})
        self._settled_height()
        self.page.screenshot(path=path, animations="disabled")
        assert path.stat().st_size < MOST_BYTES

    def _settled_height(self) -> int:
        """How high the page is, in CSS pixels, once charts and tables have stopped growing."""
        self.page.wait_for_function(SETTLED, polling=400)
        return int(self.page.evaluate(f"{MAIN}.scrollHeight"))

    def _listen(self, message: ConsoleMessage) -> None:
        # On a page other than the first, Streamlit's client looks for its server below the page's
        # own address before it finds it at the root: these two are told from all other errors.
        looks_for_server = message.location.get("url", "").endswith(
            ("/_stcore/health", "/_stcore/host-config")
        )
        if message.type == "error" and not looks_for_server:
            self.troubles.append(message.text)


@pytest.fixture(scope="module")
def reported(demo_home: Path) -> dict[str, Any]:
    """What `inkledger report` prints for the demo."""
    return {
        name: json.loads(run_inkledger(demo_home, "report", name, "--format", "json").stdout)
        for name in ("status", "ebooks")
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_overview_shows_the_ledgers_total(
    dashboard: str, browser: Browser, reported: dict[str, Any], screenshots: Path, theme: str
) -> None:
    watched = Watched(browser, dashboard, README_WIDTH, theme)
    watched.open("/")
    expect(watched.page.get_by_text(f"{reported['status']['cost_usd']} USD")).to_be_visible()
    watched.take(screenshots / f"overview-{theme}.png")
    watched.check()
    watched.page.close()


def test_costs_shows_the_same_total_and_leads_to_an_ebook(
    dashboard: str, browser: Browser, reported: dict[str, Any], screenshots: Path
) -> None:
    watched = Watched(browser, dashboard, README_WIDTH, "light")
    watched.open("/costs")
    expect(watched.page.get_by_text(f"{reported['status']['cost_usd']} USD")).to_be_visible()
    watched.take(screenshots / "costs-light.png")
    watched.page.locator("path[aria-roledescription=bar]").first.click()
    expect(watched.page.locator("h1")).to_have_text(reported["ebooks"][0]["title"])
    assert watched.page.url.endswith(f"/ebook?ebook_id={reported['ebooks'][0]['ebook_id']}")
    watched.check()
    watched.page.close()


def test_an_ebook_shows_its_cost(
    dashboard: str, browser: Browser, reported: dict[str, Any], screenshots: Path
) -> None:
    watched = Watched(browser, dashboard, README_WIDTH, "light")
    ebook = reported["ebooks"][0]
    watched.open(f"/ebook?ebook_id={ebook['ebook_id']}")
    expect(watched.page.locator("h1")).to_have_text(ebook["title"])
    expect(watched.page.get_by_text(f"{ebook['cost_usd']} USD", exact=True)).to_be_visible()
    watched.take(screenshots / "ebook-light.png")
    watched.check()
    watched.page.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["/", "/costs", "/ebook"])
def test_pages_fit_a_phone_and_a_wide_screen(
    dashboard: str, browser: Browser, path: str, width: int
) -> None:
    watched = Watched(browser, dashboard, width, "dark")
    watched.open(path)
    watched.check()
    watched.page.close()

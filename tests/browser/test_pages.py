"""The pages in a real browser: the totals that the report prints, and nothing broken."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.conftest import run_inkledger

PAGES = ["/", "/costs", "/ebook", "/models", "/reconciliation", "/plan", "/explore"]
WITH_CHARTS = {"/", "/costs", "/ebook"}
README_WIDTH = 1280
MOST_BYTES = 300_000
MAIN = "document.querySelector('[data-testid=stMain]')"
# Streamlit fades what it draws anew, and faded text has no contrast: a page is looked at when
# nothing of it moves any more.
SETTLED = f"""() => {{
    const [before, now] = [window.heightBefore, {MAIN}.scrollHeight];
    window.heightBefore = now;
    const fading = document.getAnimations().some(animation => animation.playState === 'running');
    const stale = document.querySelector('[data-stale=true], [data-test-script-state=running]');
    return before === now && !fading && !stale;
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
        expect(self.page.locator("h1")).to_be_visible(timeout=60_000)
        expect(self.page.locator("[data-test-script-state=notRunning]")).to_be_attached()
        if path.partition("?")[0] in WITH_CHARTS:
            expect(self.page.locator("svg.marks").last).to_be_visible()
        self.page.evaluate("document.fonts.ready")

    def check(self) -> None:
        """No exception box, no error on the console, nothing wider than the screen."""
        for box in ("stException", "stAlertContentError"):
            expect(self.page.get_by_test_id(box)).to_have_count(0)
        assert self.troubles == []
        assert self.page.evaluate(f"{MAIN}.scrollWidth <= {MAIN}.clientWidth")

    def check_for_everyone(self) -> None:
        """Nothing serious or critical among what axe-core finds."""
        self._settled_height()
        found = Axe().run(self.page).response["violations"]
        grave = [rule for rule in found if rule["impact"] in ("serious", "critical")]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in grave] == []

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
    assert watched.page.url.endswith(f"ebook_id={reported['ebooks'][0]['ebook_id']}")
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


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1600, "light")])
@pytest.mark.parametrize("path", PAGES)
def test_pages_fit_a_phone_and_a_wide_screen_and_everyones_eyes(
    dashboard: str, browser: Browser, path: str, width: int, theme: str
) -> None:
    watched = Watched(browser, dashboard, width, theme)
    watched.open(path)
    watched.check()
    watched.check_for_everyone()
    watched.page.close()


def test_what_is_chosen_goes_along_to_the_next_page(dashboard: str, browser: Browser) -> None:
    watched = Watched(browser, dashboard, README_WIDTH, "light")
    watched.open("/?tz=Asia/Kolkata&kind=coloring+book")
    watched.page.get_by_role("link", name="Costs").click()
    expect(watched.page.locator("h1")).to_have_text("Costs")
    expect(watched.page.get_by_text("Only kind coloring book.")).to_be_visible()
    expect(watched.page).to_have_url(re.compile("tz=Asia%2FKolkata"))
    watched.check()
    watched.page.close()


def test_an_own_question_is_answered_and_an_endless_one_given_up(
    dashboard: str, browser: Browser
) -> None:
    watched = Watched(browser, dashboard, README_WIDTH, "light")
    watched.open("/explore")
    watched.page.get_by_role("button", name="Run").click()
    expect(watched.page.get_by_text(re.compile(r"^\d+ rows, in \d"))).to_be_visible()
    text = watched.page.locator("textarea").first
    text.fill("select sum(range) from range(1000000000000)")
    text.press("Control+Enter")
    expect(watched.page.get_by_text("Asking …")).to_be_visible()
    watched.page.get_by_role("button", name="Stop").click()
    expect(watched.page.get_by_text("Asking …")).to_have_count(0)
    watched.check()
    watched.page.close()

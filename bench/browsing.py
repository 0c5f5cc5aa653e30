"""The dashboard in headless Chromium, with the clock inside the page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

FILTERED = ("", "costs", "explore")
"""Pages that pass filters; on the others the time zone is what can be changed."""
OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

# Looked at in every frame: when the first number, table or chart stands on the page, and when the
# script has been run to its end since `began`.
CLOCK = """() => {
    const figures = '[data-testid=stMetricValue], [data-testid=stDataFrame] canvas, svg.marks,'
        + ' [data-testid=stTable] td, .js-plotly-plot .main-svg, textarea';
    const clock = window.inkClock = {began: 0, shown: null, ran: false, drawn: null};
    addEventListener('click', event => {
        if (event.target.closest('[role=option]'))
            Object.assign(clock, {began: event.timeStamp, ran: false, drawn: null});
    }, true);
    const look = () => {
        const state = document.querySelector('[data-test-script-state]')?.dataset.testScriptState;
        const main = document.querySelector('[data-testid=stMain]');
        if (clock.shown === null && main?.querySelector('h1') && main.querySelector(figures))
            clock.shown = performance.now();
        clock.ran ||= state === 'running';
        const stale = document.querySelector('[data-stale=true]');
        if (clock.ran && clock.shown && !clock.drawn && state === 'notRunning' && !stale)
            clock.drawn = performance.now();
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, port: int, page: str) -> Iterator[tuple[Page, dict[str, float]]]:
    """A page with nothing in the browser's cache, and its seconds to `shown` and to `drawn`."""
    context = browser.new_context(viewport={"width": 1600, "height": 900})
    try:
        sheet = context.new_page()
        sheet.add_init_script(f"({CLOCK})()")
        sheet.goto(f"http://127.0.0.1:{port}/{page}", wait_until="commit")
        yield sheet, _read_clock(sheet)
    finally:
        context.close()


def change(sheet: Page, page: str, choice: str) -> float:
    """Seconds from the click on another choice until the page has been drawn whole again."""
    if page in FILTERED:
        field = sheet.get_by_test_id("stMultiSelect").filter(has_text="Model").locator("input")
        if not field.is_visible():
            sheet.get_by_test_id("stPopover").filter(has_text="Filters").locator("button").click()
    else:
        field = sheet.get_by_role("combobox", name="Time zone")
    field.click()
    field.fill(choice)
    sheet.locator("[role=option]").first.click()
    return _read_clock(sheet)["drawn"]


def _read_clock(sheet: Page) -> dict[str, float]:
    sheet.wait_for_function("() => inkClock.shown && inkClock.drawn", timeout=60_000, polling=100)
    clock = sheet.evaluate("() => inkClock")
    return {name: (clock[name] - clock["began"]) / 1000 for name in ("shown", "drawn")}

"""Each notebook as an app, in a real browser: nothing fails, nothing is wider than the screen."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.browser.conftest import browser  # noqa: F401 - a fixture
from tests.notebooks.running import NOTEBOOKS

INKS = {"light": "srgb 0.109", "dark": "srgb 0.913"}
WIDTHS = {390: "light", 1600: "dark"}
LAST_WORDS = {
    "choose_model": "it did cost 4.96 USD",
    "estimate_series": "No book of this kind bears a part",
    "explore_costs": "a difference of 0.5 USD",
    "reconcile_month": "Open: there is no record of",
}


@contextmanager
def served(name: str, home: Path, *options: str) -> Iterator[str]:
    """The address that `inkledger notebook` prints, with its token."""
    command = ["notebook", name, "--home", str(home), "--app", "--no-browser", *options]
    with subprocess.Popen(
        [sys.executable, "-m", "ingest.command", *command],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            yield next(filter(None, (re.search(r"http://\S+", x) for x in server.stdout)))[0]
        finally:
            server.terminate()


@contextmanager
def opened(browser: Browser, address: str, width: int, theme: Any) -> Iterator[Page]:  # noqa: F811
    """A page, of which nothing may go wrong while it is open."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    troubles: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            troubles.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(address)
    yield page
    assert troubles == []
    page.close()


@pytest.mark.long
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_drawn_whole_in_both_widths_and_themes(
    browser: Browser,  # noqa: F811
    awkward_home: Path,
    name: str,
) -> None:
    with served(name, awkward_home) as address:
        for width, theme in WIDTHS.items():
            with opened(browser, address, width, theme) as page:
                expect(page.get_by_text(LAST_WORDS[name]).last).to_be_visible(timeout=60_000)
                expect(
                    page.locator(".vega-embed canvas, .vega-embed svg.marks").first
                ).to_be_visible()
                expect(page.get_by_text("internal error")).to_have_count(0)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                ink = page.evaluate(
                    "getComputedStyle(document.querySelector('p, .paragraph')).color"
                )
                assert INKS[theme] in ink
                # The title of the first book is a script that would say so here.
                assert page.title() != "run"
                assert page.locator("img[src=x]").count() == 0


def test_another_month_is_another_statement(browser: Browser, awkward_home: Path) -> None:  # noqa: F811
    with (
        served("reconcile_month", awkward_home, "--", "--month", "2026-03") as address,
        opened(browser, address, 1600, "light") as page,
    ):
        expect(page.get_by_text("is what OpenRouter billed, to the last")).to_be_visible(
            timeout=60_000
        )
        page.get_by_label("Month").select_option("2026-04")
        expect(page.get_by_text("Open: untracked call 0.5 USD")).to_be_visible(timeout=60_000)


def test_a_publish_shows_and_is_read_when_it_is_asked_for(
    browser: Browser,  # noqa: F811
    demo_home: Path,
    tmp_path: Path,
) -> None:
    published = tmp_path / "warehouse.duckdb"
    shutil.copy(demo_home / "warehouse.duckdb", published)
    with (
        served("explore_costs", tmp_path) as address,
        opened(browser, address, 1600, "light") as page,
    ):
        expect(page.get_by_text("USD for 482 calls")).to_be_visible(timeout=60_000)
        newer = tmp_path / "newer.duckdb"
        shutil.copy(published, newer)
        with duckdb.connect(newer) as build:
            build.execute("update fct_ledger_status set built_at = now()")
            build.execute("update fct_ebook_costs set call_count = call_count + 1")
        newer.replace(published)
        expect(page.get_by_text("A newer one is there")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("USD for 482 calls")).to_be_visible()
        page.get_by_role("button", name="Read again").click()
        expect(page.get_by_text("USD for 495 calls")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("A newer one is there")).to_have_count(0)
        # Of the file that was replaced nothing is held.
        assert _held(published) == {str(published)}


def _held(published: Path) -> set[str]:
    """What is open of the folder's warehouses, by any process of this machine that we may see."""
    held = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            target = str(link.readlink())
            if target.startswith(str(published.parent)):
                held.add(target)
    return held

"""The site in a real browser that may speak to nobody else."""

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

WIDTHS = [390, 1600]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: pytest's output is no log."""


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=site)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Page]:
    """A tab in which whatever else the site asks for, or cannot do, fails the test."""
    with browser.new_context() as context:
        page, amiss = context.new_page(), []
        page.on("pageerror", lambda error: amiss.append(str(error)))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(address) else amiss.append(asked.url),
        )
        yield page
        assert amiss == []


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits_the_screen_and_asks_nobody_else(
    opened: Page, site: Path, address: str, width: int
) -> None:
    opened.set_viewport_size({"width": width, "height": 900})
    for page in sorted(site.glob("*.html")):
        opened.goto(f"{address}/{page.name}")
        assert opened.evaluate(OVERFLOW) <= 0, f"{page.name} is wider than {width} px"


@pytest.mark.parametrize(
    ("scheme", "ground"), [("light", "rgb(251, 248, 241)"), ("dark", "rgb(20, 24, 31)")]
)
def test_the_site_is_light_or_dark_as_the_reader_likes(
    opened: Page, address: str, scheme: Literal["light", "dark"], ground: str
) -> None:
    opened.emulate_media(color_scheme=scheme)
    opened.goto(f"{address}/index.html")
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == ground


def test_the_search_finds_a_mart_and_a_command(opened: Page, address: str) -> None:
    for word, page in [("fct_waste", "marts.html"), ("reprice", "commands.html")]:
        opened.goto(f"{address}/index.html")
        opened.keyboard.press("/")
        opened.get_by_role("combobox", name="Search").fill(word)
        opened.locator(f"a[href*='{page}']").filter(has_text=word).first.wait_for()

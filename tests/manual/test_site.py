"""The site holds every page, command and mart, and needs nothing from elsewhere."""

import html
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

import manual.build
from ingest.command.main import inkledger
from manual.build import CONFIG, DOCS, build_site
from manual.commands import all_commands
from manual.marts import find_marts
from tests.manual.blocks import PROJECT

HAND_WRITTEN = [PROJECT / "README.md", *DOCS.glob("*.md")]


class Fetched(HTMLParser):
    """Addresses that a browser asks for by itself when it opens the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        address = named.get("src") or (named.get("href") if tag == "link" else None)
        if address:
            self.addresses.append(address)


def _text(page: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text()))


def _pages(navigation: object) -> Iterator[str]:
    match navigation:
        case str():
            yield navigation
        case dict():
            for below in navigation.values():
                yield from _pages(below)
        case list():
            for below in navigation:
                yield from _pages(below)


def test_every_page_is_in_the_navigation() -> None:
    navigation = tomllib.loads(CONFIG.read_text())["project"]["nav"]
    listed = list(_pages(navigation))
    assert sorted(listed) == sorted(page.name for page in DOCS.glob("*.md"))


@pytest.mark.parametrize("link", ["[x](nowhere.md)", "[x](prices.md#nowhere)"])
def test_a_dead_link_stops_the_build(
    link: str, manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(DOCS, tmp_path / "docs")
    with (tmp_path / "docs" / "index.md").open("a") as page:
        page.write(f"\n{link}\n")
    monkeypatch.setattr(manual.build, "DOCS", tmp_path / "docs")
    with pytest.raises(subprocess.CalledProcessError):
        build_site(tmp_path / "site", manifest)


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > len(list(DOCS.glob("*.md")))
    for page in pages:
        for address in Fetched(page.read_text()).addresses:
            assert not re.match(r"(\w+:)?//", address), f"{page.name} fetches {address}"
            there = (page.parent / address.partition("#")[0].partition("?")[0]).resolve()
            assert page.name == "404.html" or there.exists(), f"{page.name} lacks {address}"


def test_the_site_has_what_each_command_prints_as_its_help(site: Path) -> None:
    page = _text(site / "commands.html")
    for path, _ in all_commands():
        words = [*path.split()[1:], "--help"]
        told = CliRunner().invoke(inkledger, words, prog_name="inkledger", terminal_width=80)
        assert told.output.startswith(f"Usage: {path}")
        assert told.output.rstrip() in page, f"`{path} --help` prints something else"


def test_every_command_is_mentioned_on_a_page_written_by_hand() -> None:
    written = "\n".join(page.read_text() for page in HAND_WRITTEN)
    for path, command in all_commands():
        if command is not inkledger and not hasattr(command, "commands"):
            word = path.removeprefix("inkledger ")
            said = rf"(inkledger |`){word}\b"
            assert re.search(said, written), f"no page of docs/ says what `{path}` is for"


def test_every_mart_is_on_the_site_with_each_column(site: Path, manifest: Path) -> None:
    page = _text(site / "marts.html")
    marts = list(find_marts(json.loads(manifest.read_text())))
    assert len(marts) > 30
    for mart in marts:
        section = page[page.index(f"\n{mart['name']}") :]
        assert all(column in section for column in mart["columns"]), mart["name"]


def test_every_mart_that_a_page_names_is_one(manifest: Path) -> None:
    project = json.loads(manifest.read_text())
    models = {node["name"] for node in project["nodes"].values()}
    for page in HAND_WRITTEN:
        for name in re.findall(r"\b(?:fct|dim|stg|int)_[a-z_]+[a-z]", page.read_text()):
            assert name in models, f"{page.name} names {name}"

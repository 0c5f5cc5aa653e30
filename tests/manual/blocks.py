"""The code blocks of a page of Markdown, and what the page says about each."""

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
RUNNABLE = {"sh", "bash", "console", "shell", "python", "sql"}
REMARK = re.compile(r"<!-- (not run|until): (.*?) -->", re.DOTALL)
TITLE = re.compile(r'title="(.*?)"')
PRINTS = "prints"
"""The title of a block that holds what the one before it prints; all others are names of files."""


@dataclass
class Block:
    """One fenced block. A page says about it what a comment before it, and its fence, say."""

    line: int
    language: str
    title: str | None
    text: str
    not_run: str | None
    """Why it is not run here."""
    until: str | None
    """A word after which it is interrupted, for what serves does not end by itself."""
    prints: str | None = None

    @property
    def is_run(self) -> bool:
        return self.language in RUNNABLE and self.not_run is None and not self.is_saved

    @property
    def is_saved(self) -> bool:
        """A block under the name of a file is that file; a later block runs it."""
        return self.title is not None


def read_blocks(page: Path) -> list[Block]:
    """The page's blocks in their order; what one prints is with that one."""
    blocks: list[Block] = []
    said: dict[str, str] = {}
    for token in MarkdownIt().parse(page.read_text()):
        if token.type == "html_block":
            said = dict(REMARK.findall(token.content))
            continue
        if token.type == "fence" and token.map is not None:
            block = _block(token.info, token.content, token.map[0] + 1, said)
            if block.title == PRINTS:
                assert blocks, f"{page.name}:{block.line} is printed by no block"
                blocks[-1].prints = block.text
            else:
                blocks.append(block)
        if token.type not in {"list_item_open", "bullet_list_open", "ordered_list_open"}:
            said = {}
    return blocks


def _block(info: str, text: str, line: int, said: dict[str, str]) -> Block:
    language, _, more = info.strip().partition(" ")
    title = TITLE.search(more)
    return Block(
        line,
        language,
        title[1] if title else None,
        text,
        not_run=said.get("not run"),
        until=said.get("until"),
    )

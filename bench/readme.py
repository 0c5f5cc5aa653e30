"""Writes tables into bench/README.md, where they stand between marks."""

from collections.abc import Iterable
from pathlib import Path

README = Path(__file__).parent / "README.md"


def write_readme(mark: str, lines: Iterable[str]) -> str:
    """Between `<!-- mark -->` and `<!-- /mark -->`. Returns what it wrote."""
    text = "\n".join(lines) + "\n"
    before, begin, rest = README.read_text(encoding="utf-8").partition(f"<!-- {mark} -->\n")
    _, end, after = rest.partition(f"<!-- /{mark} -->")
    README.write_text(before + begin + text + end + after, encoding="utf-8")
    return text

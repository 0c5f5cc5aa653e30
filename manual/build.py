"""Builds the site of `docs/` into `.site/html`; a dead link or any warning ends it with 1."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from manual.commands import describe_commands
from manual.marts import describe_marts

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"
CONFIG = Path(__file__).with_name("zensical.toml")
STYLE = Path(__file__).with_name("style.css")
ZENSICAL = PROJECT / ".venv-docs" / "bin" / "zensical"
OUT_OF_DOCS = re.compile(r"(?<!!)\[([^]]+)\]\(\.\./[^)]+\)")
"""A link to a file of the checkout, which the site does not have."""


def build_site(folder: Path, manifest: Path | None = None) -> Path:
    """Build into `folder`/html and give that. Raises `CalledProcessError` for what is amiss.

    `manifest` is what dbt wrote of the project as it is now; without one dbt is asked.
    """
    shutil.rmtree(folder, ignore_errors=True)
    pages = folder / "pages"
    shutil.copytree(DOCS, pages)
    generated = {
        "commands.md": describe_commands(),
        "marts.md": describe_marts(manifest or _parse(folder / "dbt")),
    }
    for page in pages.glob("*.md"):
        text = page.read_text()
        if page.name in generated:
            text = _put_in(text, generated[page.name])
        page.write_text(OUT_OF_DOCS.sub(r"\1", text))
    shutil.copy(STYLE, pages)
    shutil.copy(CONFIG, folder)
    subprocess.run(
        [ZENSICAL, "build", "--strict"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return folder / "html"


def _put_in(text: str, generated: str) -> str:
    """`generated` in place of all that stands from `<!-- generated -->` on."""
    before, marker, _ = text.partition("<!-- generated -->\n")
    if not marker:
        raise ValueError("a page without its line <!-- generated -->")
    return before + generated


def _parse(target: Path) -> Path:
    """dbt's own account of the project: its manifest, without a warehouse."""
    dbt = str(Path(sys.executable).with_name("dbt"))
    there = ["--target-path", str(target), "--log-path", str(target)]
    subprocess.run([dbt, "--quiet", "parse", *there], cwd=PROJECT / "dbt_project", check=True)
    return target / "manifest.json"


def main() -> None:
    try:
        site = build_site(PROJECT / ".site")
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.stdout or ''}{error.stderr or ''}\nThe site was not built.")
    sys.stdout.write(f"Built {site}: read it there, or with a search at the address that\n")
    sys.stdout.write(f".venv/bin/python -m http.server --bind 127.0.0.1 --directory {site}\n")


if __name__ == "__main__":
    main()

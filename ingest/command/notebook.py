"""`inkledger notebook`: opens a notebook of the project in marimo."""

import ast
import os
import sys
from pathlib import Path

import click

from ingest.command.extras import require
from ingest.errors import UsageError
from ingest.project import PROJECT
from ingest.settings import Home, Settings

ADDRESS = "127.0.0.1"
FOLDER = PROJECT / "notebooks"


@click.command("notebook")
@click.argument("name", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the data, instead of INKLEDGER_HOME.",
)
@click.option("--app", "is_app", is_flag=True, help="Show results and controls, and no code.")
@click.option("--port", type=click.IntRange(1, 65535), help="Of the server; else a free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def open_notebook(
    name: str | None,
    arguments: tuple[str, ...],
    home: Path | None,
    is_app: bool,
    port: int | None,
    no_browser: bool,
) -> None:
    """Open a notebook, or list them.

    It answers on this machine alone, to whoever has the token in its address. What follows `--` is
    the notebook's own: `inkledger notebook reconcile_month -- --month 2026-03`.
    """
    notebooks = {path.stem: path for path in sorted(FOLDER.glob("*.py"))}
    if name is None:
        _list(notebooks)
        return
    require("marimo")
    options = ["--no-sandbox", "--host", ADDRESS, "--token"]
    options += ["--port", str(port)] if port else []
    options += ["--headless"] if no_browser else []
    mode = ["run"] if is_app else ["edit", "--skip-update-check"]
    path = str(_find(notebooks, name))
    command = [sys.executable, "-m", "marimo", *mode, *options, path]
    os.environ["INKLEDGER_HOME"] = str(Home(home or Settings().home).root)
    sys.stdout.flush()
    os.execv(sys.executable, [*command, *(["--", *arguments] if arguments else [])])  # noqa: S606


def _find(notebooks: dict[str, Path], name: str) -> Path:
    if (stem := name.removesuffix(".py")) in notebooks:
        return notebooks[stem]
    raise UsageError(f"There is no notebook {name!r}; they are {', '.join(notebooks)}.")


def _list(notebooks: dict[str, Path]) -> None:
    width = max(map(len, notebooks))
    for name, path in notebooks.items():
        about = ast.get_docstring(ast.parse(path.read_text())) or ""
        click.echo(f"{name:<{width}}  {about.partition(chr(10))[0]}".rstrip())

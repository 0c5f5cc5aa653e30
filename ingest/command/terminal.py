"""How the command speaks: results to stdout, progress and remarks to stderr, in which format."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Report = Callable[[int, int], None]
"""Told how much is done, and of how much."""


def results() -> Console:
    """Stdout. Plain text when it is not a terminal, never cut to a guessed width there."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


def remarks() -> Console:
    """Stderr. A remark is one line where there is no terminal: logs are searched by line."""
    console = Console(stderr=True, highlight=False)
    return console if console.is_terminal else Console(stderr=True, highlight=False, soft_wrap=True)


def format_option(*formats: str) -> Callable[[Any], Any]:
    """The option `--format`, for the parameter `output_format`: the first, unless it is given."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
    )


def counted(count: int, one: str, many: str) -> str:
    """`1 settlement`, `2,000 settlements`."""
    return f"{count:,} {one if count == 1 else many}"


@contextmanager
def progress(label: str) -> Iterator[Report]:
    """A progress bar on stderr; nothing is drawn where there is no terminal."""
    console = remarks()
    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)

"""Every command's own help, as a page."""

from collections.abc import Iterator

import click

from ingest.command.main import inkledger

WIDTH = 80


def describe_commands() -> str:
    """Markdown: a heading for each command, and what its `--help` prints below it."""
    return "\n".join(
        f"## {path}\n\n```text\n{help_of(path, command)}\n```\n" for path, command in all_commands()
    )


def all_commands(
    command: click.Command = inkledger, path: str = "inkledger"
) -> Iterator[tuple[str, click.Command]]:
    """`command` and all below it, each with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        for name, below in sorted(command.commands.items()):
            yield from all_commands(below, f"{path} {name}")


def help_of(path: str, command: click.Command) -> str:
    """What `--help` prints on a terminal of 80 columns."""
    settings = {**inkledger.context_settings, **command.context_settings}
    context = click.Context(command, info_name=path, **{**settings, "terminal_width": WIDTH})
    return command.get_help(context)

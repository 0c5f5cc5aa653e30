"""Entry point: runs a subcommand and turns every error into one sentence on stderr."""

import io
import logging
import sys
from collections.abc import Sequence

import click

from ingest.command.export import export_group
from ingest.command.extras import told_missing
from ingest.command.legacy import legacy_database
from ingest.command.notebook import open_notebook
from ingest.command.provider import import_group, pull_group
from ingest.command.simulation import demo, simulate
from ingest.command.sync import sync
from ingest.command.warehouse import (
    build,
    compact_lake,
    estimate_ebook,
    report,
    reprice_attempts,
    seal_spool,
    serve,
)
from ingest.errors import SyncRunning, UsageError, sentence_of


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="inkledger", message="%(prog)s %(version)s")
def inkledger(debug: bool) -> None:
    """What each ebook cost at OpenRouter, and that the sum is what OpenRouter charged.

    Data live under INKLEDGER_HOME (default: data/).
    """
    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING, format="%(message)s")
    # A retry is an attempt in the ledger; the terminal hears of what stays wrong after them.
    # It quotes whole addresses, and that of a webhook is a secret.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("stamina").setLevel(logging.DEBUG if debug else logging.ERROR)


for command in (
    demo, import_group, pull_group, sync, seal_spool, compact_lake, build, reprice_attempts, report,
    estimate_ebook, export_group, serve, open_notebook, simulate,
):  # fmt: skip
    inkledger.add_command(command)
import_group.add_command(legacy_database)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; exit code 2 for wrong use, 1 for failure, 130 when interrupted.

    75, `EX_TEMPFAIL` of sysexits.h, is a sync that found another running: nothing is wrong.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    is_debug = "--debug" in given
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that knows no dash gets a question mark, not an error.
            stream.reconfigure(errors="replace")
    # `--debug` helps wherever it stands: people add it at the end of what just failed.
    given = ["--debug"] * is_debug + [word for word in given if word != "--debug"]
    try:
        sys.exit(inkledger.main(given, prog_name="inkledger", standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as shown:
        click.echo(shown.format_message())
        sys.exit(2)
    except click.ClickException as error:
        _fail(_sentence(error), 2, is_debug)
    except UsageError as error:
        _fail(str(error), 2, is_debug)
    except SyncRunning as error:
        _fail(str(error), 75, is_debug)
    except (KeyboardInterrupt, click.Abort):
        _fail("Interrupted; what was recorded and landed until now stays.", 130, is_debug)
    except Exception as error:
        missing = told_missing(error.name) if isinstance(error, ImportError) else None
        _fail(missing or sentence_of(error), 1, is_debug)


def _fail(sentence: str, exit_code: int, is_debug: bool) -> None:
    if is_debug and exit_code != 130:
        raise
    click.echo(f"inkledger: {sentence}", err=True)
    sys.exit(exit_code)


def _sentence(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "inkledger"
    stop = "" if message.endswith(("?", ".")) else "."
    return f"{message}{stop} See `{path} --help`."

"""The command, killed before the Nth time that it changes a file of its home: `… 3 seal`.

A name instead of a number is that of the change: `… "os.rename /home/.warehouse" build`.

Prints each step that it came to. The interpreter itself tells of them (`sys.addaudithook`), so
that nothing of the command is changed, and SIGKILL leaves it no last word.
"""

import os
import signal
import sys
from typing import Any

_CHANGES = {"os.link", "os.rename", "os.remove", "os.mkdir", "os.truncate"}
_home = os.environ["INKLEDGER_HOME"]
_fatal_step = sys.argv[1]
_step = 0


def note_change(event: str, arguments: tuple[Any, ...]) -> None:
    """Count what changes a file below the home, and die before the change that is the last one."""
    global _step
    if not _is_change(event, arguments) or not str(arguments[0]).startswith(_home):
        return
    _step += 1
    change = f"{event} {arguments[0]}"
    os.write(1, f"{change}\n".encode())
    if str(_step) == _fatal_step or change.startswith(_fatal_step):
        os.kill(os.getpid(), signal.SIGKILL)


def _is_change(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        return isinstance(arguments[2], int) and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
    return event in _CHANGES


if __name__ == "__main__":
    sys.addaudithook(note_change)
    from ingest.command.main import main

    main(sys.argv[2:])

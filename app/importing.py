"""Import of an activity export that was dropped on the page: the only write in the app.

It runs the `inkledger` command as a process of its own, first as a dry run. Off unless the app was
started with `inkledger serve --allow-import`.
"""

import json
import os
import re
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any, NamedTuple

from app.access import may_write
from app.command import last_sentence, run_inkledger

ALLOWED = "INKLEDGER_ALLOW_IMPORT"
_DRY_RUN_SECONDS = 120


class ImportRefused(Exception):
    """The file is not taken; the sentence says why."""


class Staged(NamedTuple):
    """What a file would bring, as the dry run tells it."""

    name: str
    kind: str
    """`calls` or `days`."""
    landed_count: int
    changed_count: int
    known_count: int
    quarantined_count: int
    warnings: list[str]
    days: list[dict[str, Any]]

    @property
    def is_new(self) -> bool:
        """Whether anything of it would land."""
        return bool(self.landed_count + self.changed_count + self.quarantined_count)


def is_allowed() -> bool:
    """Whether the app was started so that one can import."""
    return bool(os.environ.get(ALLOWED))


def stage(name: str, content: bytes) -> Staged:
    """What importing the file would do; nothing has landed. Raises `ImportRefused`."""
    _refuse_whoever_may_not()
    with tempfile.TemporaryDirectory(prefix="inkledger-staged-") as folder:
        path = _write(Path(folder), name, content)
        try:
            finished = run_inkledger(
                "import", "activity", "--dry-run", "--format", "json", str(path),
                seconds=_DRY_RUN_SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise ImportRefused(
                f"{path.name} took longer than {_DRY_RUN_SECONDS} seconds to read: import it with "
                "`inkledger import activity` instead."
            ) from None
    if finished.returncode:
        raise ImportRefused(last_sentence(finished))
    return Staged(**json.loads(finished.stdout)[0])


class Landing:
    """One import and the build after it, in the background: it outlives the page that began it."""

    def __init__(self, name: str, content: bytes) -> None:
        self.step = "Landing the file"
        self.failure: str | None = None
        """In one sentence, what went wrong and what became of the file."""
        self.is_done = False
        self._name, self._content = name, content
        self._thread = threading.Thread(target=self._land_and_build, daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether it is over, after so many seconds at most."""
        self._thread.join(seconds)
        return self.is_done

    def _land_and_build(self) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="inkledger-landing-") as folder:
                path = _write(Path(folder), self._name, self._content)
                landed = run_inkledger("import", "activity", str(path))
            if landed.returncode:
                self.failure = f"Nothing has landed. {last_sentence(landed)}"
                return
            self.step = "Building the warehouse"
            built = run_inkledger("build")
            if built.returncode:
                self.failure = (
                    "The file has landed and is safe, but the build failed, so that the pages "
                    f"show what was before. {last_sentence(built)}"
                )
        except OSError as error:
            self.failure = f"{self.step} failed: {error.strerror or error}."
        finally:
            self.is_done = True


class _Queue:
    """At most one landing at a time, for all sessions of the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: Landing | None = None

    def begin(self, name: str, content: bytes) -> Landing:
        with self._lock:
            if self._newest and not self._newest.is_done:
                raise ImportRefused("Another import is still running: wait until it has ended.")
            self._newest = Landing(name, content)
            return self._newest


_queue = _Queue()


def land(name: str, content: bytes) -> Landing:
    """Begin to import the file and to build. Raises `ImportRefused`."""
    _refuse_whoever_may_not()
    return _queue.begin(name, content)


def _refuse_whoever_may_not() -> None:
    if not is_allowed():
        raise ImportRefused("Import is off: start the app with `inkledger serve --allow-import`.")
    if not may_write():
        raise ImportRefused("Only an editor may import: ask one, or sign in again.")


def _write(folder: Path, name: str, content: bytes) -> Path:
    """The content as a file; of a name that somebody else chose only harmless letters are kept."""
    kept = re.sub(r"[^A-Za-z0-9._-]+", "_", Path(name.replace("\\", "/")).name).lstrip(".-")
    path = folder / (kept[-80:] or "export.csv")
    path.write_bytes(content)
    return path

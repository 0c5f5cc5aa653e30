"""Settling inside a producer: its own calls are asked for in the background while it runs.

What a thread of this needs is loaded by the thread: a program whose calls all tell their cost has
neither.
"""

import os
import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from ingest.errors import UsageError
from ingest.pull.waiting import Waiting
from ingest.settings import Settings
from ingest.wire.billing import NEVER_BILLED

if TYPE_CHECKING:
    from ingest.recording.recorder import Recorder

FIRST_WAIT_SECONDS = 2.0
"""Most records come within three seconds of their call."""
CLOSING_SECONDS = 1.0


class Settler:
    """Give it to `Recorder(settler=Settler())`, or to several recorders of one home and account.

    It asks `GET /generation` for calls that were cut, cancelled, or told no cost, with `api_key`
    (`OPENROUTER_API_KEY`); what it learns goes through the spool. One thread, which begins with
    the first such call, ends when nothing is left to ask, and keeps no program alive. What it
    has not learned when the program ends, or within the hour, is left to `inkledger pull
    settlements`, and so are calls without a generation id. Raises `UsageError` without a key.
    """

    def __init__(
        self, api_key: str | None = None, *, first_wait_seconds: float = FIRST_WAIT_SECONDS
    ) -> None:
        key = api_key or Settings().openrouter_api_key
        if not key:
            raise UsageError("No key to ask OpenRouter with: set OPENROUTER_API_KEY.")
        self._key = key
        self._first_wait_seconds = first_wait_seconds
        self._recorder: Recorder | None = None
        self._thread: threading.Thread | None = None
        self.begin_in_child()
        _settlers.add(self)

    @property
    def waiting_count(self) -> int:
        """How many generations it is going to ask for."""
        return len(self._waiting)

    def attach(self, recorder: "Recorder") -> None:
        """Called by the recorder, whose spool takes the settlements; the last one's does."""
        self._recorder = recorder

    def ask_for(self, generation_id: str, http_status: int | None) -> None:
        """Called by the recorder: an attempt ended without telling its cost."""
        if http_status in NEVER_BILLED:
            return
        with self._lock:
            self._waiting.add(generation_id)
            if self._thread is None:
                self._begin()

    def close(self) -> None:
        """Ask no more, until another call ends without telling its cost."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stop.set()
            self._waiting.wake()
        if thread is not None and thread is not threading.current_thread():
            thread.join(CLOSING_SECONDS)

    def begin_in_child(self) -> None:
        """After a fork: thread and questions stay the parent's, whose lock may have been held."""
        # Reentrant: the collector may end a dropped stream while this thread is in here.
        self._lock = threading.RLock()
        # One lock for both: in whatever order they are taken, nobody waits for the other.
        self._waiting = Waiting(self._first_wait_seconds, threading.Condition(self._lock))
        self._thread = None
        self._stop = threading.Event()

    def _begin(self) -> None:
        self._stop = threading.Event()
        arguments = (self._recorder, self._stop, self._waiting)
        thread = threading.Thread(
            target=self._run, args=arguments, name="inkledger-settler", daemon=True
        )
        # An interpreter that is shutting down begins no threads; `pull settlements` will ask.
        with suppress(RuntimeError):
            thread.start()
            self._thread = thread

    def _run(self, recorder: "Recorder", stop: threading.Event, waiting: Waiting) -> None:
        recorder.guard(self._ask, recorder, stop, waiting)
        with self._lock:
            if self._thread is threading.current_thread():
                self._thread = None  # It failed, which is counted: the next call begins another.

    def _ask(self, recorder: "Recorder", stop: threading.Event, waiting: Waiting) -> None:
        with _loading:
            from ingest.pull.background import Background

            background = Background(recorder, self._key, stop)
        with background:
            while not stop.is_set() and not self._is_done(waiting):
                background.ask(waiting)
                waiting.sleep(background.resume_at, stop)

    def _is_done(self, waiting: Waiting) -> bool:
        with self._lock:
            if len(waiting) == 0 and self._thread is threading.current_thread():
                self._thread = None
            return len(waiting) == 0


def _renew_in_child() -> None:
    _loading.release()
    for settler in tuple(_settlers):
        settler.begin_in_child()


# A child that is forked while a module loads waits for ever for whoever was loading it.
_loading = threading.Lock()
_settlers: weakref.WeakSet[Settler] = weakref.WeakSet()
os.register_at_fork(
    before=_loading.acquire, after_in_parent=_loading.release, after_in_child=_renew_in_child
)

"""The thread of a `Settler`: asks as `pull settlements` does, writes into the producer's spool."""

import logging
import threading
import time
from typing import Self

import httpx

from ingest.errors import NoAnswer, OpenRouterError, RequestRefused
from ingest.pull.answers import Answers
from ingest.pull.inquiry import Inquiry
from ingest.pull.provider import provider_client
from ingest.pull.waiting import Waiting
from ingest.recording.recorder import Recorder
from ingest.records import Settlement

FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 600.0
"""After refusals, and while OpenRouter is busy or cannot be reached; doubled in between."""

_logger = logging.getLogger(__name__)


class Background:
    """Asks in turn, in the thread that calls it, and stops within one question when told to."""

    def __init__(
        self,
        recorder: Recorder,
        key: str,
        stop: threading.Event,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.resume_at = 0.0
        """Nothing should be asked before; of `time.monotonic`."""
        self._recorder = recorder
        self._client = provider_client(recorder.base_url, key, transport=transport)
        self._stop = stop
        self._pause_seconds = FIRST_PAUSE_SECONDS

    def ask(self, waiting: Waiting) -> None:
        """Ask for what is due, unless OpenRouter wants a pause."""
        now = time.monotonic()
        if now < self.resume_at:
            return
        inquiry = Inquiry(self._client, self._recorder.clock, waiting.due(now), self)
        asked = tuple(inquiry.pending)
        try:
            setback = inquiry.ask_in_turn(self._stop.is_set)
        except RequestRefused as refusal:
            _logger.error("Calls are not settled in the background: %s", refusal)
            setback, self._pause_seconds = refusal, LONGEST_PAUSE_SECONDS
        if self._stop.is_set():
            return
        is_busy = self._pause_after(setback)
        for name in asked:
            if name not in inquiry.pending:
                waiting.settle(name)
            elif not is_busy:
                waiting.postpone(name, now)

    def take(self, answers: Answers[Settlement]) -> None:
        """One answer, unless the recorder has been closed meanwhile."""
        if self._stop.is_set():
            return
        for settlement in answers.records:
            self._recorder.spool.append("settlements", settlement)
        for row in answers.quarantined:
            self._recorder.spool.append("quarantine", row)

    def land(self) -> None:
        """What was taken is in the spool already."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def _pause_after(self, setback: OpenRouterError | None) -> bool:
        if not _is_busy(setback):
            self._pause_seconds = FIRST_PAUSE_SECONDS
            return False
        asked_for = setback.retry_after_seconds if isinstance(setback, RequestRefused) else None
        pause_seconds = self._pause_seconds if asked_for is None else asked_for
        self.resume_at = time.monotonic() + min(pause_seconds, LONGEST_PAUSE_SECONDS)
        self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)
        return True


def _is_busy(setback: OpenRouterError | None) -> bool:
    if isinstance(setback, RequestRefused):
        return setback.http_status in (401, 402, 429, 503)
    return isinstance(setback, NoAnswer)

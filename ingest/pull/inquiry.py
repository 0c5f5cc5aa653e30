"""Asking for many generations at once, in rounds, until each is known or patience is over."""

import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import timedelta
from typing import Any

import httpx

from ingest.clock import Clock
from ingest.errors import NoAnswer, OpenRouterError, RequestRefused
from ingest.money import loads
from ingest.pull.answers import Answers
from ingest.pull.generation import read_generation
from ingest.pull.provider import API_KEY, Patience, Progress, get, is_transient
from ingest.pull.unsettled import Unsettled
from ingest.records import Settlement

_RECENT = timedelta(hours=1)
"""A record that is not there after this will hardly come while we wait."""


class Inquiry:
    """Which generations are still asked for, and what was answered of the others."""

    def __init__(
        self,
        client: httpx.Client,
        clock: Clock,
        generations: Iterable[Unsettled],
        progress: Progress | None = None,
    ) -> None:
        self.pending = {generation.generation_id: generation for generation in generations}
        self.refused: list[str] = []
        self.answers = Answers[Settlement]("settlements", "GET /generation")
        self._client = client
        self._clock = clock
        self._progress = progress
        self._total_count = len(self.pending)

    def ask(self, patience: Patience, worker_count: int) -> None:
        """Ask for all that is pending, again and again while waiting may help.

        Raises `NoAnswer` if OpenRouter cannot be reached, `RequestRefused` if the key is bad.
        """
        self._report()
        with ThreadPoolExecutor(worker_count) as pool:
            try:
                for attempt in patience.attempts(_may_come):
                    with attempt:
                        self._ask_once(pool)
            except RequestRefused as refusal:
                if not _may_come(refusal):
                    raise

    def _ask_once(self, pool: ThreadPoolExecutor) -> None:
        pause = threading.Event()
        futures = {pool.submit(self._get, name, pause): name for name in self.pending}
        try:
            setbacks = [
                setback
                for future in as_completed(futures)
                if (setback := self._take(futures[future], future)) is not None
            ]
        finally:
            for future in futures:
                future.cancel()
        if setbacks:
            raise max(setbacks, key=_seriousness)

    def _get(self, generation_id: str, pause: threading.Event) -> httpx.Response | None:
        """Runs in the pool: once OpenRouter is too busy for one, the others wait as well."""
        if pause.is_set():
            return None
        try:
            return get(self._client, "/generation", {"id": generation_id}, key_variable=API_KEY)
        except OpenRouterError as error:
            if isinstance(error, NoAnswer) or _http_status(error) in (429, 503):
                pause.set()
            raise

    def _take(
        self, generation_id: str, future: Future[httpx.Response | None]
    ) -> OpenRouterError | None:
        """Note one answer; give back why it is worth asking again, if it is."""
        try:
            response = future.result()
        except OpenRouterError as error:
            return self._take_refusal(generation_id, error)
        if response is not None:
            self.answers.read([_document(response)], self._settlement)
            self._finish(generation_id)
        return None

    def _take_refusal(self, generation_id: str, error: OpenRouterError) -> OpenRouterError | None:
        status = _http_status(error)
        if status == 404:
            age = self._clock() - self.pending[generation_id].started_at
            return error if age < _RECENT else None
        if status in (401, 402):
            raise error
        if _may_come(error):
            return error
        # Above all 403: the generation belongs to another account.
        self.refused.append(generation_id)
        self._finish(generation_id)
        return None

    def _finish(self, generation_id: str) -> None:
        del self.pending[generation_id]
        self._report()

    def _report(self) -> None:
        if self._progress:
            self._progress(self._total_count - len(self.pending), self._total_count)

    def _settlement(self, document: Any) -> Settlement:
        return read_generation(document, self._clock())


def _may_come(error: Exception) -> bool:
    return is_transient(error) or _http_status(error) == 404


def _http_status(error: Exception) -> int | None:
    return error.http_status if isinstance(error, RequestRefused) else None


def _seriousness(error: OpenRouterError) -> tuple[bool, float]:
    wait_seconds = error.retry_after_seconds if isinstance(error, RequestRefused) else None
    return isinstance(error, NoAnswer), wait_seconds or 0.0


def _document(response: httpx.Response) -> Any:
    try:
        return loads(response.content)
    except ValueError:
        # Not JSON at all: it goes to quarantine as the text it is.
        return response.text

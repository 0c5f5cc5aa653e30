"""Asking for many generations, in rounds, until each is known or patience is over."""

import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

import httpx

from ingest.clock import Clock
from ingest.errors import NoAnswer, OpenRouterError, RequestRefused
from ingest.money import loads
from ingest.pull.answers import Answers
from ingest.pull.generation import read_generation
from ingest.pull.provider import API_KEY, Patience, Progress, get, is_transient
from ingest.pull.questions import Unsettled
from ingest.pull.workers import ask_at_once
from ingest.records import Settlement


class Destination(Protocol):
    """Where settlements go: into the lake, or into a spool."""

    def take(self, answers: Answers[Settlement]) -> None:
        """What one answer said."""

    def land(self) -> None:
        """A round is over, and the next may be long in coming."""


_FRESH = timedelta(minutes=10)
"""A record that is not there so long after its call will hardly come while we wait."""
_ASKED_AT_ONCE = 500
"""Answers are heavy, and none is kept longer than until these are through."""


class Inquiry:
    """Which generations are still asked for; what is answered goes to `destination`."""

    def __init__(
        self,
        client: httpx.Client,
        clock: Clock,
        generations: Iterable[Unsettled],
        destination: Destination,
        progress: Progress | None = None,
    ) -> None:
        self.pending = {generation.generation_id: generation for generation in generations}
        self.refused: list[str] = []
        self._client = client
        self._clock = clock
        self._destination = destination
        self._progress = progress
        self._total_count = len(self.pending)

    def ask(self, patience: Patience, worker_count: int) -> None:
        """Ask for all that is pending, again and again while waiting may help.

        Raises `NoAnswer` if OpenRouter cannot be reached, `RequestRefused` if the key is bad.
        """
        self._report()
        try:
            for attempt in patience.attempts(_may_come):
                with attempt:
                    self._ask_once(worker_count)
        except RequestRefused as refusal:
            if not _may_come(refusal):
                raise

    def ask_in_turn(self, is_over: Callable[[], bool]) -> OpenRouterError | None:
        """One round in this thread alone; gives back why it is worth asking again, if it is.

        Ends early when OpenRouter is busy or away, and when `is_over` says so. Raises
        `RequestRefused` if the key is bad.
        """
        pause = threading.Event()
        setbacks = []
        for name in tuple(self.pending):
            if pause.is_set() or is_over():
                break
            setbacks.append(self._take(name, partial(self._get, pause, name)))
        return max(filter(None, setbacks), key=_seriousness, default=None)

    def _ask_once(self, worker_count: int) -> None:
        pause = threading.Event()
        names = tuple(self.pending)
        setbacks = []
        try:
            for first in range(0, len(names), _ASKED_AT_ONCE):
                some = names[first : first + _ASKED_AT_ONCE]
                with closing(ask_at_once(partial(self._get, pause), some, worker_count)) as answers:
                    setbacks += [self._take(name, answered) for name, answered in answers]
        finally:
            if self.pending:
                self._destination.land()
        known = [setback for setback in setbacks if setback is not None]
        if known:
            raise max(known, key=_seriousness)

    def _get(self, pause: threading.Event, generation_id: str) -> httpx.Response | None:
        """Runs in several threads: once OpenRouter is too busy for one, the others wait as well."""
        if pause.is_set():
            return None
        try:
            return get(self._client, "/generation", {"id": generation_id}, key_variable=API_KEY)
        except OpenRouterError as error:
            if isinstance(error, NoAnswer) or _http_status(error) in (429, 503):
                pause.set()
            raise

    def _take(
        self, generation_id: str, answered: Callable[[], httpx.Response | None]
    ) -> OpenRouterError | None:
        """Hand on one answer; give back why it is worth asking again, if it is."""
        try:
            response = answered()
        except OpenRouterError as error:
            return self._take_refusal(generation_id, error)
        if response is not None:
            answers = Answers[Settlement]("settlements", "GET /generation")
            answers.read([_document(response)], self._settlement)
            self._destination.take(answers)
            self._finish(generation_id)
        return None

    def _take_refusal(self, generation_id: str, error: OpenRouterError) -> OpenRouterError | None:
        status = _http_status(error)
        if status == 404:
            return error if self._is_awaited(self.pending[generation_id]) else None
        if status in (401, 402):
            raise error
        if _may_come(error):
            return error
        # Above all 403: the generation belongs to another account.
        self.refused.append(generation_id)
        self._finish(generation_id)
        return None

    def _is_awaited(self, generation: Unsettled) -> bool:
        return generation.may_be_billed and self._clock() - generation.heard_at < _FRESH

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

"""A small in-process event bus: subscribers by type, each isolated from the others."""

import asyncio
import inspect
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

Event = TypeVar("Event")
Subscriber = Callable[[Event], Awaitable[None] | None]

_logger = logging.getLogger(__name__)


class EventBus:
    """Hands each event to the subscribers of its type and of the types it inherits from.

    A subscriber that raises is logged and counted in `failure_count`; the publisher and the
    other subscribers never notice. The spool is no subscriber and cannot be skipped.
    """

    def __init__(self) -> None:
        self.failure_count = 0
        self._subscribers: defaultdict[type, list[Subscriber[Any]]] = defaultdict(list)
        self._pending: set[asyncio.Task[None]] = set()

    def subscribe(
        self, event_type: type[Event], subscriber: Subscriber[Event]
    ) -> Callable[[], None]:
        """Call `subscriber`, a function or a coroutine function, for each event of that type.

        Returns a function that ends the subscription.
        """
        self._subscribers[event_type].append(subscriber)
        return lambda: self._subscribers[event_type].remove(subscriber)

    def publish(self, event: object) -> None:
        """Call every subscriber now; coroutines run on the loop running here, or to their end."""
        for event_type in type(event).__mro__:
            for subscriber in tuple(self._subscribers.get(event_type, ())):
                self._deliver(subscriber, event)

    async def drain(self) -> None:
        """Wait until the coroutines that `publish` started on this loop have ended."""
        while self._pending:
            await asyncio.gather(*self._pending)

    def _deliver(self, subscriber: Subscriber[Any], event: object) -> None:
        try:
            outcome = subscriber(event)
            if inspect.isawaitable(outcome):
                self._run(self._isolate(subscriber, outcome))
        except Exception:
            self._count_failure(subscriber)

    def _run(self, coroutine: Any) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            asyncio.run(coroutine)
            return
        task = loop.create_task(coroutine)
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _isolate(self, subscriber: Subscriber[Any], outcome: Awaitable[None]) -> None:
        try:
            await outcome
        except Exception:
            self._count_failure(subscriber)

    def _count_failure(self, subscriber: Subscriber[Any]) -> None:
        self.failure_count += 1
        name = getattr(subscriber, "__qualname__", repr(subscriber))
        _logger.exception(
            "Subscriber %s failed; the event is recorded and the others were told.", name
        )

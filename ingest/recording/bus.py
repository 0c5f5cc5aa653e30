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
        self.is_heard = False
        """Whether anybody has subscribed to anything: what nobody hears need not be made."""
        self._subscribers: defaultdict[type, dict[object, Subscriber[Any]]] = defaultdict(dict)
        self._pending: set[asyncio.Task[None]] = set()

    def subscribe(
        self, event_type: type[Event], subscriber: Subscriber[Event]
    ) -> Callable[[], None]:
        """Call `subscriber`, a function or a coroutine function, for each event of that type.

        Returns a function that ends this subscription, and may be called again in vain.
        """
        subscription = object()
        self._subscribers[event_type][subscription] = subscriber
        self.is_heard = True

        def unsubscribe() -> None:
            self._subscribers[event_type].pop(subscription, None)
            self.is_heard = any(self._subscribers.values())

        return unsubscribe

    def publish(self, event: object) -> None:
        """Call every subscriber now; coroutines run on the loop running here, or to their end."""
        for event_type in type(event).__mro__:
            for subscriber in tuple(self._subscribers.get(event_type, {}).values()):
                self._deliver(subscriber, event)

    async def drain(self) -> None:
        """Wait until the coroutines that `publish` started on this loop have ended."""
        while tasks := self._pending_here():
            await asyncio.wait(tasks)

    def _pending_here(self) -> list["asyncio.Task[None]"]:
        # Other threads have loops of their own, and a subscriber that drains is no task to await.
        loop, current = asyncio.get_running_loop(), asyncio.current_task()
        return [
            task for task in tuple(self._pending) if task.get_loop() is loop and task is not current
        ]

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

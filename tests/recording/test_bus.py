"""Subscribers are told of their kind of event, and cannot hurt one another or the publisher."""

import asyncio
import threading
from dataclasses import dataclass

import pytest

from ingest.recording.bus import EventBus
from ingest.recording.recorder import Recorder
from ingest.records import UsageEvent
from tests.recording.calls import answering, post
from tests.wire import bodies


@dataclass(frozen=True)
class Drawn:
    page_number: int


@dataclass(frozen=True)
class Coloured(Drawn):
    pass


def test_a_subscriber_hears_its_kind_and_what_inherits_from_it() -> None:
    bus, heard = EventBus(), list[Drawn]()
    bus.subscribe(Drawn, heard.append)
    for event in (Drawn(1), Coloured(2), "another"):
        bus.publish(event)
    assert heard == [Drawn(1), Coloured(2)]


def test_a_subscriber_that_raises_is_logged_and_counted_and_the_others_hear(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus, heard = EventBus(), list[Drawn]()

    def fail(event: Drawn) -> None:
        raise RuntimeError("deaf")

    async def fail_later(event: Drawn) -> None:
        raise RuntimeError("deaf, later")

    for subscriber in (fail, fail_later, heard.append):
        bus.subscribe(Drawn, subscriber)
    bus.publish(Drawn(1))
    assert (heard, bus.failure_count) == ([Drawn(1)], 2)
    assert [
        record.exc_text is not None or record.exc_info is not None for record in caplog.records
    ] == [True, True]


def test_each_subscription_ends_by_itself_and_only_once() -> None:
    bus, heard = EventBus(), list[Drawn]()
    first, _ = bus.subscribe(Drawn, heard.append), bus.subscribe(Drawn, heard.append)
    first()
    first()
    bus.publish(Drawn(1))
    assert heard == [Drawn(1)]


def test_a_subscriber_may_subscribe_publish_and_leave() -> None:
    bus, heard = EventBus(), list[Drawn]()

    def once(event: Drawn) -> None:
        leave()
        bus.subscribe(Drawn, heard.append)
        bus.publish(Drawn(event.page_number + 1))

    leave = bus.subscribe(Drawn, once)
    bus.publish(Drawn(1))
    assert heard == [Drawn(2)]


def test_a_coroutine_runs_to_its_end_where_no_loop_runs() -> None:
    bus, heard = EventBus(), list[Drawn]()

    async def hear(event: Drawn) -> None:
        await asyncio.sleep(0)
        heard.append(event)

    bus.subscribe(Drawn, hear)
    bus.publish(Drawn(1))
    assert heard == [Drawn(1)]


def test_a_coroutine_runs_on_the_running_loop_and_is_waited_for() -> None:
    bus, loops = EventBus(), list[asyncio.AbstractEventLoop]()

    async def hear(event: Drawn) -> None:
        await asyncio.sleep(0)
        loops.append(asyncio.get_running_loop())
        if event.page_number:
            bus.publish(Drawn(event.page_number - 1))

    async def publish() -> asyncio.AbstractEventLoop:
        bus.publish(Drawn(3))
        assert loops == []
        await bus.drain()
        return asyncio.get_running_loop()

    bus.subscribe(Drawn, hear)
    loop = asyncio.run(publish())
    assert loops == [loop] * 4


def test_draining_waits_neither_for_itself_nor_for_another_threads_loop() -> None:
    bus, published, release = EventBus(), threading.Event(), threading.Event()

    async def hear(event: Drawn) -> None:
        if event.page_number == 1:
            await asyncio.to_thread(release.wait)
        await bus.drain()

    async def publish_elsewhere() -> None:
        bus.publish(Drawn(1))
        published.set()
        await bus.drain()

    async def publish_here() -> None:
        bus.publish(Drawn(2))
        await bus.drain()

    bus.subscribe(Drawn, hear)
    thread = threading.Thread(target=asyncio.run, args=(publish_elsewhere(),))
    thread.start()
    published.wait()
    asyncio.run(publish_here())
    release.set()
    thread.join()
    assert bus.failure_count == 0


def test_an_ended_attempt_is_published_and_a_deaf_subscriber_costs_no_reply(
    recorder: Recorder,
) -> None:
    heard = list[UsageEvent]()

    def fail(event: UsageEvent) -> None:
        raise RuntimeError("deaf")

    recorder.bus.subscribe(UsageEvent, fail)
    recorder.bus.subscribe(UsageEvent, heard.append)
    assert post(recorder, answering(bodies.CHAT)) == bodies.CHAT
    assert [event.status for event in heard] == ["succeeded"]
    assert (recorder.bus.failure_count, recorder.failure_count) == (1, 0)

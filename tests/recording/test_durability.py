"""With durability="disk" a call goes on only when the disk has its line, once for all who wait."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from ingest.recording.group_commit import GroupCommit
from ingest.recording.recorder import Recorder
from tests.landed import landed
from tests.recording.calls import PAYLOAD, URL, answering
from tests.recording.conftest import BASE_URL
from tests.wire import bodies


class Disk:
    """Counts how often it is asked to sync, and which lines it then has."""

    def __init__(self) -> None:
        self.written = 0
        self.sync_count = 0
        self.may_finish = threading.Event()
        self.may_finish.set()

    def sync(self) -> int:
        self.sync_count += 1
        written = self.written
        self.may_finish.wait(10)
        return written


def test_those_who_write_while_a_sync_runs_share_the_next_one() -> None:
    disk = Disk()
    commit = GroupCommit(disk.sync)
    disk.may_finish.clear()
    with ThreadPoolExecutor(9) as pool:
        disk.written = 1
        first = pool.submit(commit.wait, 1)
        while disk.sync_count == 0:
            pass
        disk.written = 9
        others = [pool.submit(commit.wait, number) for number in range(2, 10)]
        disk.may_finish.set()
        for waiting in (first, *others):
            waiting.result(10)
    assert disk.sync_count == 2


def test_tasks_share_a_sync_and_one_that_is_cancelled_leaves_it_to_the_others() -> None:
    disk = Disk()
    commit = GroupCommit(disk.sync)

    async def run(written: int) -> None:
        disk.written = written
        waiting = [asyncio.create_task(commit.wait_async(written - more)) for more in range(64)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        ends = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(ends[0], asyncio.CancelledError)
        assert ends[1:] == [None] * 63

    asyncio.run(run(64))
    asyncio.run(run(128))  # Another loop has rounds of its own.
    assert disk.sync_count == 2


@pytest.mark.parametrize("durability", ["process", "disk"])
def test_calls_of_threads_and_tasks_are_recorded_with_either_durability(
    home: Path, durability: str
) -> None:
    with Recorder(home, base_url=BASE_URL, durability=durability) as recorder:  # type: ignore[arg-type]
        inner = httpx.MockTransport(answering(bodies.CHAT))
        with (
            httpx.Client(transport=recorder.transport(inner)) as http,
            ThreadPoolExecutor(8) as pool,
        ):
            list(pool.map(lambda _: http.post(URL, json=PAYLOAD), range(16)))

        async def run() -> None:
            transport = recorder.async_transport(httpx.MockTransport(lambda _: reply()))
            async with httpx.AsyncClient(transport=transport) as client:
                await asyncio.gather(*(client.post(URL, json=PAYLOAD) for _ in range(16)))

        asyncio.run(run())
    assert [row["status"] for row in landed(home)] == ["succeeded"] * 32


def reply() -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "application/json"}, content=bodies.CHAT)

"""Whatever becomes of the spool's disk: replies arrive, events are in the log, then they land."""

import asyncio
import json
import logging
import os
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.recording.recorder import Recorder
from ingest.recording.segment import Durability
from ingest.recording.spool import LOOK_AGAIN_SECONDS
from tests.disks import full, read_only, small_disk, thin_disk
from tests.landed import landed, one_per_event
from tests.recording.calls import SSE, URL, answering, client
from tests.recording.conftest import BASE_URL
from tests.wire import bodies

NOBODY = 65534
CALLS_MEANWHILE = 30

Trouble = Callable[[Path], AbstractContextManager[object]]


@contextmanager
def removed(home: Path) -> Iterator[None]:
    shutil.rmtree(home / "spool", ignore_errors=True)
    yield


@contextmanager
def replaced_by_a_file(home: Path) -> Iterator[None]:
    home.mkdir(exist_ok=True)
    shutil.rmtree(home / "spool", ignore_errors=True)
    (home / "spool").write_text("")
    yield
    (home / "spool").unlink()


@contextmanager
def replaced_by_another_folder(home: Path) -> Iterator[None]:
    (home / "spool").mkdir(parents=True, exist_ok=True)
    (home / "spool").rename(home / "moved")
    (home / "spool").mkdir()
    yield


@contextmanager
def on_a_dangling_link(home: Path) -> Iterator[None]:
    home.mkdir(exist_ok=True)
    home.rename(home.with_name("moved"))
    home.symlink_to(home.with_name("nowhere"))
    yield
    home.with_name("nowhere").mkdir()


@contextmanager
def forbidden_to_be_written(home: Path) -> Iterator[None]:
    (home / "spool").mkdir(parents=True, exist_ok=True)
    with read_only(home / "spool"):
        yield


@contextmanager
def without_permission(home: Path) -> Iterator[None]:
    home.mkdir(exist_ok=True)
    home.chmod(0)
    yield
    home.chmod(0o700)


TROUBLES = [
    removed,
    replaced_by_a_file,
    replaced_by_another_folder,
    on_a_dangling_link,
    forbidden_to_be_written,
]


@pytest.mark.parametrize("durability", ["process", "disk"])
@pytest.mark.parametrize("is_in_mid_call", [True, False])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_spool_out_of_reach_costs_no_reply_and_no_event_when_it_is(
    trouble: Trouble, is_in_mid_call: bool, durability: Durability, home: Path
) -> None:
    unwritten_count = record_through(trouble, home, is_in_mid_call, durability)
    # Where a folder can be made, or a segment is written on, nothing was ever out of reach.
    is_reachable = trouble in (removed, replaced_by_another_folder) or (
        trouble is forbidden_to_be_written and is_in_mid_call
    )
    assert (unwritten_count == 0) == is_reachable
    assert_all_landed(home, CALLS_MEANWHILE + 2)


@pytest.mark.parametrize("durability", ["process", "disk"])
def test_a_disk_that_fills_in_mid_call_costs_no_reply_and_no_event(
    durability: Durability, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        home = disk / "home"

        @contextmanager
        def fill(_: Path) -> Iterator[None]:
            with full(disk):
                yield
                # No empty file for each line: that would use up a disk in another way.
                assert len(list((home / "spool").iterdir())) <= 1

        assert record_through(fill, home, True, durability) > 2 * CALLS_MEANWHILE
        shutil.copytree(home, tmp_path / "home")
    assert_all_landed(tmp_path / "home", CALLS_MEANWHILE + 2)


@pytest.mark.parametrize("is_in_mid_call", [True, False])
def test_a_folder_that_may_not_be_entered_costs_no_reply_and_no_event(is_in_mid_call: bool) -> None:
    # Not below pytest's own folder, which only its owner may enter.
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        home = Path(folder) / "home"
        in_a_child_without_rights(
            lambda: record_through(without_permission, home, is_in_mid_call, "process")
        )
        assert_all_landed(home, CALLS_MEANWHILE + 2)


def test_a_disk_that_fails_to_keep_what_it_took_costs_no_reply_and_the_log_has_the_events(
    tmp_path: Path,
) -> None:
    with thin_disk(tmp_path / "disk") as below, heard() as said:
        recorder = Recorder(tmp_path / "disk", base_url=BASE_URL, durability="disk")
        assert call(recorder) == bodies.STREAM
        assert said == []
        with full(below):
            # Larger than what the disk below has left in the pages that it uses.
            recorder.spool.append_line(b'{"outcomes":{"reason":"%s"}}' % (b"x" * 1_000_000))
            assert call(recorder) == bodies.STREAM
            asyncio.run(call_async(recorder))
        assert recorder.failure_count == 0
        records = logged_records(said)
        assert len(records) == recorder.spool.unwritten_count
        ends = [row for row in records if row.get("usage_events", {}).get("status") == "succeeded"]
        assert len(ends) == 2
        recorder.close()


def test_a_segment_deleted_while_its_writer_lives_is_written_again(home: Path) -> None:
    recorder = Recorder(home, base_url=BASE_URL)
    call(recorder)
    for is_last in (False, True):
        for segment in (home / "spool").iterdir():
            segment.unlink()
        time.sleep(2 * LOOK_AGAIN_SECONDS)
        if not is_last:
            call(recorder)
    recorder.close()
    assert_all_landed(home, 2)


def test_lines_from_the_log_can_be_landed_by_hand(home: Path) -> None:
    with heard() as said, replaced_by_a_file(home):
        recorder = Recorder(home, base_url=BASE_URL)
        call(recorder)
        call(recorder)
        del recorder  # As if it had been killed: nobody writes its backlog.
    (home / "spool").mkdir()
    lines = [text.partition("the record is: ")[2] + "\n" for text in said]
    (home / "spool" / "by-hand.jsonl").write_text("".join(lines))
    assert_all_landed(home, 2)


def record_through(
    trouble: Trouble, home: Path, is_in_mid_call: bool, durability: Durability
) -> int:
    """Calls before, in and after the trouble, each with its whole reply; gives how often the
    spool could not be written."""
    with heard() as said, Recorder(home, base_url=BASE_URL, durability=durability) as recorder:
        with client(recorder, answering(bodies.STREAM, SSE)) as http:
            if is_in_mid_call:
                request = http.build_request("POST", URL, json={"model": "a/b"})
                response = http.send(request, stream=True)
            with trouble(home):
                time.sleep(2 * LOOK_AGAIN_SECONDS)
                for _ in range(CALLS_MEANWHILE // 2):
                    assert call(recorder) == bodies.STREAM
                    assert asyncio.run(call_async(recorder)) == bodies.STREAM
                if is_in_mid_call:
                    assert response.read() == bodies.STREAM
            assert call(recorder) == bodies.STREAM
            if not is_in_mid_call:
                assert call(recorder) == bodies.STREAM
        assert recorder.failure_count == 0
        assert len(logged_records(said)) == recorder.spool.unwritten_count
        return recorder.spool.unwritten_count


def call(recorder: Recorder) -> bytes:
    with client(recorder, answering(bodies.STREAM, SSE)) as http:
        return http.post(URL, json={"model": "a/b"}).content


async def call_async(recorder: Recorder) -> bytes:
    answer = httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, content=bodies.STREAM))
    async with httpx.AsyncClient(transport=recorder.async_transport(answer)) as http:
        return (await http.post(URL, json={"model": "a/b"})).content


def assert_all_landed(home: Path, call_count: int) -> None:
    rows = one_per_event(landed(home))
    assert [row["status"] for row in rows] == ["succeeded"] * call_count
    assert landed(home, "quarantine") == []


@contextmanager
def heard() -> Iterator[list[str]]:
    """What the spool says, in whatever process."""
    said: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("ingest.recording.spool")
    logger.addHandler(handler)
    try:
        yield said
    finally:
        logger.removeHandler(handler)


def logged_records(said: list[str]) -> list[dict[str, Any]]:
    """Each event that went to the log, whole: it can be read again."""
    return [json.loads(text.partition("the record is: ")[2]) for text in said]


def in_a_child_without_rights(work: Callable[[], object]) -> None:
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

"""The spool has every line before `append` returns, and goes on whatever happens to its disk."""

import gc
import json
import logging
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.recording.recorder import Recorder
from ingest.recording.segment import Durability
from ingest.recording.spool import LOOK_AGAIN_SECONDS, Spool
from ingest.records import Outcome
from ingest.seal import seal
from ingest.settings import Home
from tests.landed import landed, landed_call
from tests.recording.calls import SSE, URL, answering, client, post
from tests.recording.conftest import BASE_URL
from tests.wire import bodies

NOW = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)


def outcome(name: str) -> Outcome:
    return Outcome(outcome_id=name, operation_id="op", outcome="accepted", decided_at=NOW)


def ids(home: Path) -> list[str]:
    return [row["outcome_id"] for row in landed(home, "outcomes")]


def test_many_threads_write_whole_lines_into_one_segment(home: Path) -> None:
    spool = Spool(home / "spool")

    def write(letter: str) -> None:
        for number in range(100):
            spool.append("outcomes", outcome(f"{letter}{number:03}"))

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list((home / "spool").iterdir())) == 1
    spool.close()
    assert ids(home) == [f"{letter}{number:03}" for letter in "abcdef" for number in range(100)]


def test_an_old_segment_is_left_to_seal_while_a_call_is_in_flight(home: Path) -> None:
    with (
        Recorder(home, base_url=BASE_URL) as recorder,
        client(recorder, answering(bodies.STREAM, SSE)) as http,
        http.stream("POST", URL) as response,
    ):
        recorder.spool.segment_age_seconds = 0.0
        time.sleep(2 * LOOK_AGAIN_SECONDS)
        recorder.record_outcome("another", "accepted")
        assert seal(Home(home)).open_count == 1
        response.read()
    starts, ends = sorted(
        (row["status"], row["event_id"], row["finished_at"]) for row in landed(home)
    )
    assert (starts[0], ends[0]) == ("in_doubt", "succeeded")
    assert starts[1] == ends[1]
    assert starts[2] is None
    assert ends[2] is not None
    assert len(list((home / "lake" / "usage_events").rglob("*.parquet"))) == 2


def test_a_full_segment_is_left_to_seal(home: Path) -> None:
    spool = Spool(home / "spool")
    line = json.dumps({"outcomes": {"reason": "x" * 4_200_000}}).encode()
    for _ in range(17):
        spool.append_line(line)
    assert len(list((home / "spool").glob("*.jsonl"))) == 2
    spool.close()


def test_a_spool_is_used_again_after_it_was_closed(home: Path) -> None:
    spool = Spool(home / "spool")
    for name in ("a", "b"):
        spool.append("outcomes", outcome(name))
        spool.close()
    assert ids(home) == ["a", "b"]


@pytest.mark.parametrize("durability", ["process", "disk"])
def test_a_recorder_that_nobody_has_any_more_leaves_its_segment_to_seal(
    durability: Durability, home: Path
) -> None:
    """As a notebook's cell does that is run again."""
    for _ in range(20):
        recorder = Recorder(home, base_url=BASE_URL, durability=durability)
        post(recorder, answering(bodies.CHAT))
    gc.collect()  # httpx's responses are circles, and know who followed them.
    assert seal(Home(home)).open_count == 1
    recorder.close()
    assert [row["status"] for row in landed(home)] == ["succeeded"] * 20


def test_without_a_disk_the_reply_arrives_and_its_events_are_in_the_log(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home.mkdir()
    (home / "spool").write_text("a file where a folder should be")
    with Recorder(home, base_url=BASE_URL) as recorder:
        assert post(recorder, answering(bodies.CHAT)) == bodies.CHAT
        assert (recorder.spool.unwritten_count, recorder.failure_count) == (3, 0)
        logged = [
            record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR
        ]
        end = json.loads(logged[2].partition("the record is: ")[2])["usage_events"]
        assert (end["status"], end["reported_cost_usd"]) == (
            "succeeded",
            "0.0076509169000000005",
        )

        (home / "spool").unlink()
        post(recorder, answering(bodies.CHAT))
    assert [row["status"] for row in landed(home)] == ["succeeded"] * 2


def test_a_disk_that_comes_back_before_the_end_gets_the_backlog(home: Path) -> None:
    home.mkdir()
    (home / "spool").write_text("")
    spool = Spool(home / "spool")
    spool.append("outcomes", outcome("late"))
    (home / "spool").unlink()
    spool.close()
    assert ids(home) == ["late"]


def test_a_full_disk_leaves_no_line_glued_to_a_torn_one(home: Path) -> None:
    spool = Spool(home / "spool")
    spool.append("outcomes", outcome("first"))
    with limited_file_size(next((home / "spool").iterdir()).stat().st_size + 10):
        spool.append("outcomes", outcome("torn"))
    assert spool.unwritten_count == 1
    spool.append("outcomes", outcome("last"))
    spool.close()
    assert sorted(ids(home)) == ["first", "last", "torn"]
    assert landed(home, "quarantine") == []


def test_a_forked_child_writes_a_segment_of_its_own(home: Path) -> None:
    recorder = Recorder(home, base_url=BASE_URL)
    with client(recorder, answering(bodies.STREAM, SSE)) as http:
        response = http.send(http.build_request("POST", URL), stream=True)
        child = os.fork()
        if child == 0:
            # The child ends its copy of the parent's call, and makes one of its own.
            response.close()
            post(recorder, answering(bodies.CHAT))
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        sealed = seal(Home(home))
        assert (sealed.sealed_count, sealed.open_count) == (1, 1)
        assert landed_call(home)["is_streamed"] is False
        response.read()
    recorder.close()
    assert [row["status"] for row in landed(home)] == ["succeeded"] * 2


@contextmanager
def limited_file_size(size_bytes: int) -> Iterator[None]:
    """The disk of this process is full beyond `size_bytes` of each file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)

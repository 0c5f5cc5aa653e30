"""Turns and soft limits: nobody waits for ever, and a subscriber is free to do what it likes."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from ingest import (
    Budget,
    BudgetExceeded,
    BudgetThresholdReached,
    EventBus,
    Recorder,
    production_run,
)
from ingest.budgets.tail import SpoolTail
from ingest.budgets.turn import LONGEST_WAIT_SECONDS, turn_of
from ingest.recording.spool import Spool

URL = "https://openrouter.ai/api/v1/chat/completions"


def client_of(recorder: Recorder) -> httpx.Client:
    def reply(_: httpx.Request) -> httpx.Response:
        stream = httpx.ByteStream(b'{"usage": {"cost": 0.01}}')
        return httpx.Response(200, headers={"content-type": "application/json"}, stream=stream)

    return httpx.Client(transport=recorder.transport(httpx.MockTransport(reply)))


def ask(client: httpx.Client) -> None:
    client.post(URL, json={"model": "a/b"}).raise_for_status()


def test_a_subscriber_may_raise_wait_for_other_threads_and_make_calls(tmp_path: Path) -> None:
    bus = EventBus()
    budget = Budget("1", soft_limit="0.1")
    told: list[BudgetThresholdReached] = []

    def spend_more(reached: BudgetThresholdReached) -> None:
        told.append(reached)
        ask(client)
        other = threading.Thread(target=ask, args=(client,))
        other.start()
        other.join(10)
        assert not other.is_alive()
        raise RuntimeError("a subscriber of little use")

    bus.subscribe(BudgetThresholdReached, spend_more)
    with client_of(Recorder(tmp_path, budgets=[budget], bus=bus)) as client:
        ask(client)
    assert len(told) == bus.failure_count == 1
    assert format(budget.committed_usd, ".2f") == "0.03"


def test_each_bus_of_the_recorders_that_share_a_budget_is_told_once(tmp_path: Path) -> None:
    budget = Budget("1", soft_limit="0.1")
    told: list[BudgetThresholdReached] = []
    recorders = [Recorder(tmp_path, budgets=[budget]) for _ in range(2)]
    for recorder in recorders:
        recorder.bus.subscribe(BudgetThresholdReached, told.append)
    with client_of(recorders[0]) as client:
        ask(client)
        ask(client)
    assert len(told) == 2


def test_a_process_that_is_stopped_in_its_turn_stops_nobody_for_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program = (
        "import pathlib, sys, time; from ingest.budgets.turn import turn_of\n"
        "with turn_of(pathlib.Path(sys.argv[1])) as turn: turn.share(); print(); "
        "sys.stdout.flush(); time.sleep(60)"
    )
    stopped = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert stopped.stdout is not None
    stopped.stdout.readline()
    stopped.send_signal(signal.SIGSTOP)
    recorder = Recorder(tmp_path, budgets=[Budget("1")])
    with client_of(recorder) as client:
        began_at = time.monotonic()
        ask(client)
        assert LONGEST_WAIT_SECONDS <= time.monotonic() - began_at < LONGEST_WAIT_SECONDS + 5
        assert recorder.failure_count == 1
        stopped.kill()
        stopped.wait()
        stopped.stdout.close()
        ask(client)
    assert recorder.failure_count == 1
    assert "Account" in caplog.text or "Budget" in caplog.text


def test_a_child_that_is_forked_in_a_turn_has_its_own(tmp_path: Path) -> None:
    with turn_of(tmp_path) as turn:
        turn.share()
        child = os.fork()
        if child == 0:
            # Its parent has the lock, whatever the child inherited.
            exit_code = 1
            try:
                with turn_of(tmp_path) as own:
                    own.share()
            except TimeoutError:
                exit_code = 0
            finally:
                os._exit(exit_code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_tail_tells_each_line_once_whatever_becomes_of_its_segment(tmp_path: Path) -> None:
    tail, spool = SpoolTail(tmp_path), Spool(tmp_path)
    assert list(tail.new_lines()) == []
    spool.append_line(b"1")
    assert list(tail.new_lines()) == [b"1"]
    spool.append_line(b"2")
    spool.segment_age_seconds = 0
    spool.append_line(b"3")
    for path in tmp_path.glob("*.jsonl"):
        path.unlink()
    assert list(tail.new_lines()) in ([b"2"], [b"2", b"3"])
    spool.append_line(b"4")
    assert list(tail.new_lines()) in ([b"4"], [b"3", b"4"])
    assert list(tail.new_lines()) == []


def test_a_torn_line_is_told_when_it_is_whole(tmp_path: Path) -> None:
    segment = tmp_path / "one.jsonl"
    segment.write_bytes(b"whole\nto")
    tail = SpoolTail(tmp_path)
    with segment.open("ab") as file:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX)
        assert list(tail.new_lines()) == [b"whole"]
        file.write(b"rn\n")
        file.flush()
        assert list(tail.new_lines()) == [b"torn"]


def test_many_runs_leave_no_open_files(tmp_path: Path) -> None:
    budget = Budget("1", per="run")
    budget.idle_seconds = 0.0
    recorder = Recorder(tmp_path, budgets=[budget])
    with client_of(recorder) as client:
        for _ in range(3):
            with production_run(ebook_id="forest", ledger=recorder):
                ask(client)
        before = len([*Path("/proc/self/fd").iterdir()])
        for _ in range(50):
            with production_run(ebook_id="forest", ledger=recorder):
                ask(client)
                with pytest.raises(BudgetExceeded):
                    client.post(URL, json={"model": "a/b", "n": 5})
        assert len([*Path("/proc/self/fd").iterdir()]) <= before + 1


def test_a_home_that_is_deleted_and_made_again_is_locked_again(tmp_path: Path) -> None:
    root = tmp_path / "home"
    with turn_of(root) as turn:
        turn.share()
    root.rename(tmp_path / "moved")
    root.mkdir()
    descriptor = os.open(root, os.O_RDONLY)
    with turn_of(root) as turn:
        turn.share()
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)

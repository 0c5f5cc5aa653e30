"""A producer that settles its own calls in the background, while it runs and not longer."""

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.budgets.budget import Budget
from ingest.errors import NoAnswer, UsageError
from ingest.lake import Lake
from ingest.openrouter.async_client import AsyncOpenRouter
from ingest.pull.settler import Settler
from ingest.pull.unsettled import unsettled_generations
from ingest.pull.waiting import GIVEN_UP_SECONDS, MOST_WAITING, Waiting
from ingest.recording.recorder import Recorder
from ingest.settings import Home
from ingest.simulator import RunningSimulator, running_simulator
from tests.landed import landed
from tests.pull.providers import KEY

MODEL = "openai/gpt-5-nano"
SOON = 0.05


@contextlib.contextmanager
def producer(
    home: Path, base_url: str, settler: Settler, **options: Any
) -> Iterator[tuple[Recorder, Callable[..., httpx.Response | None]]]:
    """A recorder, and a function that makes one call, whatever becomes of it."""
    with (
        Recorder(home, base_url=base_url, settler=settler, **options) as recorder,
        httpx.Client(
            base_url=base_url,
            transport=recorder.transport(),
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=10,
        ) as http,
    ):

        def call(text: str, fault: str | None = None) -> httpx.Response | None:
            payload = {"model": MODEL, "messages": [{"role": "user", "content": text}]}
            headers = {"X-Simulate-Fault": fault} if fault else {}
            try:
                return http.post("/chat/completions", json=payload, headers=headers)
            except httpx.RemoteProtocolError:
                return None

        yield recorder, call


def wait_until(is_so: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def settling_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name == "inkledger-settler"]


def cost_of(simulator: RunningSimulator) -> dict[str, Decimal]:
    return {row["id"]: Decimal(row["cost_usd"]) for row in simulator.bill()["generations"]}


@pytest.mark.parametrize("error_rate", [0.0, 0.6])
def test_cut_and_silent_calls_are_settled_while_the_producer_runs(
    tmp_path: Path, error_rate: float
) -> None:
    late = (0.1, 0.4)
    with (
        running_simulator(
            settlement_delay_seconds=late,
            interrupted_delay_seconds=late,
            generation_error_rate=error_rate,
        ) as simulator,
        producer(tmp_path, simulator.base_url, Settler(KEY, first_wait_seconds=SOON)) as made,
    ):
        recorder, call = made
        for number, fault in enumerate(["cut_stream", "no_usage", "choice_error", None] * 2):
            call(f"page {number}", fault)
        assert recorder.settler is not None
        wait_until(lambda: not settling_threads())
        recorder.close()
        settled = {row["generation_id"]: row for row in landed(tmp_path, "settlements")}
        untold = {row["generation_id"] for row in landed(tmp_path) if not row["reported_cost_usd"]}
        bill = cost_of(simulator)
    assert recorder.failure_count == 0
    assert len(untold) == len(settled) >= 4
    assert {name: row["total_cost_usd"] for name, row in settled.items()} == {
        name: bill[name] for name in untold
    }
    assert unsettled_generations(Lake(Home(tmp_path).lake)) == []


def test_an_asynchronous_producer_is_settled_beside_its_loop(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    settler = Settler(KEY, first_wait_seconds=SOON)
    messages = [{"role": "user", "content": "cut in mid-stream"}]

    async def produce(recorder: Recorder) -> None:
        async with AsyncOpenRouter(KEY, base_url=simulator.base_url, recorder=recorder) as client:
            with contextlib.suppress(NoAnswer):
                async for _ in await client.chat(
                    model=f"{MODEL}#fault=cut_stream", messages=messages, stream=True
                ):
                    pass
            await asyncio.to_thread(wait_until, lambda: settler.waiting_count == 0)

    with Recorder(tmp_path, base_url=simulator.base_url, settler=settler) as recorder:
        asyncio.run(produce(recorder))
    (call,) = landed(tmp_path)
    (settled,) = landed(tmp_path, "settlements")
    assert settled["generation_id"] == call["generation_id"]
    assert settled["total_cost_usd"] == cost_of(simulator)[call["generation_id"]]


def test_without_a_settler_and_without_doubt_there_is_no_thread(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    with producer(tmp_path, simulator.base_url, Settler(KEY)) as (_, call):
        call("told")
        call("refused", "rate_limited")
        assert settling_threads() == []


def test_a_refusal_that_nobody_reads_is_asked_for(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    settler = Settler(KEY)
    settler.attach(Recorder(tmp_path, base_url=simulator.base_url))
    settler.ask_for("gen-1", 502)
    settler.ask_for("gen-1", 502)
    settler.ask_for("gen-2", 429)
    assert settler.waiting_count == 1
    settler.close()


def test_a_closed_recorder_asks_no_more_and_begins_again_with_the_next_call(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    settler = Settler(KEY, first_wait_seconds=60)
    with producer(tmp_path, simulator.base_url, settler) as (recorder, call):
        call("closed", "cut_stream")
        assert settling_threads() == ["inkledger-settler"]
        recorder.close()
        wait_until(lambda: not settling_threads())
        call("open again", "cut_stream")
        assert settling_threads() == ["inkledger-settler"]
    assert settling_threads() == []
    assert landed(tmp_path, "settlements") == []


def test_an_openrouter_that_is_gone_breaks_nothing(tmp_path: Path) -> None:
    settler = Settler(KEY, first_wait_seconds=SOON)
    with (
        running_simulator() as simulator,
        producer(tmp_path, simulator.base_url, settler) as (recorder, call),
    ):
        call("last words", "cut_stream")
        gone = simulator
    time.sleep(0.3)
    assert gone.bill()["generations"]
    assert (recorder.failure_count, settler.waiting_count) == (0, 1)


def test_a_key_of_another_account_settles_nothing_and_a_broken_one_is_not_shown(
    simulator: RunningSimulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settler = Settler("sk-or-v1-another", first_wait_seconds=SOON)
    with producer(tmp_path, simulator.base_url, settler) as (recorder, call):
        call("ours", "cut_stream")
        wait_until(lambda: settler.waiting_count == 0)
        assert call("still served") is not None
    assert landed(tmp_path, "settlements") == []
    assert (recorder.failure_count, caplog.records) == (0, [])
    broken = Settler("sk-…", first_wait_seconds=SOON)
    with producer(tmp_path, simulator.base_url, broken) as (recorder, call):
        call("ours too", "cut_stream")
        wait_until(lambda: recorder.failure_count == 1)
        assert call("served, too") is not None
    assert "sk-…" not in caplog.text


def test_a_budget_learns_of_it_when_it_reads_again(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    budget = Budget("5", refresh_seconds=0)
    settler = Settler(KEY, first_wait_seconds=SOON)
    before = sum(cost_of(simulator).values())
    with producer(tmp_path, simulator.base_url, settler, budgets=[budget]) as (_, call):
        call("cut", "cut_stream")
        assert budget.committed_usd > sum(cost_of(simulator).values()) - before
        wait_until(lambda: settler.waiting_count == 0)
        call("whole")
        assert budget.committed_usd == sum(cost_of(simulator).values()) - before


def test_a_settler_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    with pytest.raises(UsageError, match="set OPENROUTER_API_KEY"):
        Settler()


def test_what_waits_is_bounded_and_given_up_after_an_hour() -> None:
    waiting = Waiting(first_wait_seconds=1.0)
    for number in range(MOST_WAITING + 5):
        waiting.add(f"gen-{number}")
    assert len(waiting) == MOST_WAITING
    now = time.monotonic()
    assert waiting.due(now) == []
    assert len(waiting.due(now + 2)) == MOST_WAITING
    waiting.postpone("gen-0", now + 2)
    assert len(waiting.due(now + 3.5)) == MOST_WAITING - 1
    waiting.postpone("gen-1", now + GIVEN_UP_SECONDS + 1)
    assert len(waiting) == MOST_WAITING - 1


PROGRAM = """
import os, sys, threading
import httpx
from ingest import Recorder, Settler

settler = Settler("sk-or-v1-test", first_wait_seconds=0.01)
recorder = Recorder(settler=settler)
authorization = {"Authorization": "Bearer sk-or-v1-test"}
http = httpx.Client(transport=recorder.transport(), headers=authorization)

def call(fault=None):
    message = {"role": "user", "content": str(os.getpid())}
    try:
        http.post(
            os.environ["OPENROUTER_BASE_URL"] + "/chat/completions",
            json={"model": "openai/gpt-5-nano", "messages": [message]},
            headers={"X-Simulate-Fault": fault} if fault else {},
        )
    except httpx.RemoteProtocolError:
        pass

def threads():
    return [each.name for each in threading.enumerate()].count("inkledger-settler")

"""


def run(
    home: Path, simulator: RunningSimulator, program: str
) -> "subprocess.CompletedProcess[str]":
    environment = {
        "INKLEDGER_HOME": str(home),
        "OPENROUTER_BASE_URL": simulator.base_url,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return subprocess.run(
        [sys.executable, "-c", PROGRAM + program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("ending", "exit_code"),
    [("", 0), ("sys.exit(3)", 3), ("recorder.close()", 0), ("os.kill(os.getpid(), 2)", -2)],
)
def test_no_program_waits_for_an_openrouter_that_does_not_answer(
    tmp_path: Path, ending: str, exit_code: int
) -> None:
    with running_simulator(record_latency_seconds=30.0) as simulator:
        begun = time.monotonic()
        wait = "import time; time.sleep(0.5)"
        ended = run(tmp_path, simulator, f"call('cut_stream')\n{wait}\n{ending}")
        assert time.monotonic() - begun < 10
    assert ended.returncode == exit_code, ended.stderr
    assert "Fatal" not in ended.stderr
    assert len(landed(tmp_path)) == 1


def test_a_forked_child_has_a_thread_when_it_makes_a_call_of_its_own_only(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    ended = run(
        tmp_path,
        simulator,
        "settler._first_wait_seconds = 60; settler.begin_in_child()\n"
        "call('cut_stream')\n"
        "print('parent', threads(), settler.waiting_count, flush=True)\n"
        "if os.fork() == 0:\n"
        "    print('child', threads(), settler.waiting_count, flush=True)\n"
        "    call('cut_stream')\n"
        "    print('child', threads(), settler.waiting_count, flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()\n",
    )
    assert ended.stdout.splitlines() == ["parent 1 1", "child 0 0", "child 1 1"], ended.stderr


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.1])
def test_a_fork_waits_until_the_thread_has_loaded_what_it_needs(
    simulator: RunningSimulator, tmp_path: Path, seconds: float
) -> None:
    ended = run(
        tmp_path,
        simulator,
        f"import time\ncall('cut_stream')\ntime.sleep({seconds})\n"
        "import signal\n"
        "if os.fork() == 0:\n"
        "    signal.alarm(20)\n"
        "    from ingest.records import Settlement\n"
        "    print('loaded', flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()\n",
    )
    assert (ended.returncode, ended.stdout) == (0, "loaded\n"), ended.stderr


def test_a_call_that_the_collector_ends_meanwhile_stops_nobody(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    settler = Settler(KEY, first_wait_seconds=60)
    settler.attach(Recorder(tmp_path, base_url=simulator.base_url))
    # As when a dropped stream is collected inside `ask_for`: the same thread, in the same place.
    with settler._lock, settler._waiting._changed:
        settler.ask_for("gen-1", None)
    assert settler.waiting_count == 1
    settler.close()


def test_a_program_without_doubt_loads_nothing_for_it(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    told = "print([name for name in ('polars', 'pydantic', 'stamina') if name in sys.modules])"
    ended = run(tmp_path, simulator, f"call()\n{told}\ncall('cut_stream')\nrecorder.close()")
    assert ended.stdout == "[]\n", ended.stderr


def test_settling_loads_no_library_whose_threads_a_fork_would_lose(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    ended = run(
        tmp_path,
        simulator,
        "import time\ncall('cut_stream')\n"
        "while threads(): time.sleep(0.05)\n"
        "print('polars' in sys.modules)",
    )
    assert ended.stdout == "False\n", ended.stderr
    assert len(landed(tmp_path, "settlements")) == 1

"""A clock that is set back, or jumps, costs no call, no id and no build."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from ingest.clock import utc_now
from ingest.identifiers import new_id
from ingest.lake import Lake
from ingest.pull.settlements import pull_settlements
from ingest.recording.attribution import attribute
from ingest.recording.recorder import Recorder
from ingest.recording.runs import production_run
from ingest.seal import seal
from ingest.settings import Home
from tests.conftest import run_inkledger
from tests.landed import landed, one_per_event
from tests.pull.providers import HASTY, attempt, land_attempts, scripted
from tests.recording.calls import SSE, URL, answering, client, post
from tests.recording.conftest import BASE_URL
from tests.wire import bodies

NOW = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
JUMPS = {  # Also the names of books.
    "an-hour-back-at-each-look": timedelta(hours=-1),
    "a-day-back": timedelta(days=-1),
    "a-month-on": timedelta(days=31),
    "still": timedelta(0),
}


class Clock:
    """Shows another time at each look."""

    def __init__(self, step: timedelta) -> None:
        self.now, self._step = NOW, step

    def __call__(self) -> datetime:
        self.now += self._step
        return self.now


def test_calls_under_any_clock_are_recorded_and_built_when_it_is(home: Path) -> None:
    for how, step in JUMPS.items():
        record_a_book(home, how, Clock(step))
        seal(Home(home), clock=Clock(step))
        rows = [row for row in landed(home) if row["ebook_id"] == how]
        assert [row["status"] for row in rows] == ["succeeded"] * 5
        is_set_back = step < timedelta(0)
        assert all((row["finished_at"] < row["started_at"]) == is_set_back for row in rows)
    built = run_inkledger(home, "build")
    assert built.returncode == 0, built.stderr
    status = json.loads(run_inkledger(home, "report", "status", "--format", "json").stdout)
    assert (status["attempt_count"], status["in_doubt_count"]) == (5 * len(JUMPS), 0)
    ebooks = json.loads(run_inkledger(home, "report", "ebooks", "--format", "json").stdout)
    each = Decimal(status["cost_usd"]) / len(JUMPS)
    costs = {ebook["ebook_id"]: Decimal(ebook["cost_usd"]) for ebook in ebooks}
    assert costs == dict.fromkeys(JUMPS, each)


def record_a_book(home: Path, ebook_id: str, clock: Clock) -> None:
    with Recorder(home, base_url=BASE_URL, clock=clock) as recorder:
        with production_run(ebook_id=ebook_id, ledger=recorder, clock=clock):
            for page_number in range(5):
                with attribute(stage="line_art", page_number=page_number):
                    headers = {**SSE, "x-generation-id": f"gen-{ebook_id}-{page_number}"}
                    post(recorder, answering(bodies.STREAM, headers))
        segments = list((home / "spool").iterdir())
        assert len(segments) == 1  # Rotation goes by another clock, which nobody sets.
        recorder.describe_ebook(ebook_id, title=ebook_id)


def test_an_end_that_comes_before_its_start_by_the_clock_is_the_end(home: Path) -> None:
    """Its segment sorts before the one of its start, and it lands on the day before."""
    with (
        Recorder(home, base_url=BASE_URL) as recorder,
        client(recorder, answering(bodies.STREAM, SSE)) as http,
        http.stream("POST", URL) as response,
    ):
        recorder.spool.close()
        seal(Home(home), clock=lambda: NOW)
        recorder.clock = lambda: NOW - timedelta(days=400)
        response.read()
    seal(Home(home), clock=lambda: NOW - timedelta(days=400))
    (row,) = one_per_event(landed(home))
    assert row["status"] == "succeeded"
    assert run_inkledger(home, "build").returncode == 0
    status = json.loads(run_inkledger(home, "report", "status", "--format", "json").stdout)
    assert (status["attempt_count"], status["in_doubt_count"]) == (1, 0)


@pytest.mark.parametrize(
    "clock_of_ids",
    [lambda count: 1_800_000_000_000_000_000, lambda count: 10**18 - count * 10**12],
    ids=["stands still", "is set back"],
)
def test_ids_are_unique_while_the_systems_clock(
    clock_of_ids: Callable[[int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The one clock that nobody passes in: a test cannot set the machine's.
    looks = iter(range(10**6))
    monkeypatch.setattr(time, "time_ns", lambda: clock_of_ids(next(looks)))
    ids = [new_id() for _ in range(100_000)]
    assert len(set(ids)) == len(ids)


def test_a_call_lost_under_a_clock_that_was_ahead_does_not_stop_the_pull(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    ahead = attempt(None, started_at=utc_now() + timedelta(days=1))
    land_attempts(lake, ahead)
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(400, json={"error": {"message": "a span ends before it begins"}})

    with scripted(answer) as http:
        result = pull_settlements(lake, http, management=http, patience=HASTY)
    assert (result.lost_count, asked) == (1, [])

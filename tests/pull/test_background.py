"""What the settling thread does when OpenRouter is busy, away, or wants another key."""

import threading
import time
from collections.abc import Callable
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.clock import utc_now
from ingest.pull.background import LONGEST_PAUSE_SECONDS, Background
from ingest.pull.waiting import Waiting
from ingest.recording.recorder import Recorder
from tests.landed import landed
from tests.pull.providers import KEY, json_answer

Answer = Callable[[httpx.Request], httpx.Response]
COST = {"data": {"id": "gen-1", "total_cost": 0.25}}


def waiting_for(*names: str) -> Waiting:
    waiting = Waiting(first_wait_seconds=0.0)
    for name in names:
        waiting.add(name)
    return waiting


def asking(recorder: Recorder, answer: Answer, stop: threading.Event | None = None) -> Background:
    transport = httpx.MockTransport(answer)
    return Background(recorder, KEY, stop or threading.Event(), transport=transport)


def pause_of(background: Background) -> float:
    return max(0.0, background.resume_at - time.monotonic())


def always(document: Any, status: int, **headers: str) -> Answer:
    return lambda _: json_answer(document, status, **headers)


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry-After": "40"}, 39, 40),
        ({"Retry-After": "86400"}, LONGEST_PAUSE_SECONDS - 1, LONGEST_PAUSE_SECONDS),
        ({}, 4, 5),
        (None, 28, 30),
    ],
    ids=["seconds", "a day", "not said", "a date"],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_openrouter_is_left_alone_as_long_as_it_says(
    tmp_path: Path, status: int, headers: dict[str, str] | None, least: float, most: float
) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        at = utc_now().timestamp() + 30
        date = format_datetime(utc_now().fromtimestamp(at, utc_now().tzinfo), usegmt=True)
        return json_answer(
            {}, status, **(headers if headers is not None else {"Retry-After": date})
        )

    waiting = waiting_for("gen-1", "gen-2", "gen-3")
    with Recorder(tmp_path) as recorder, asking(recorder, answer) as background:
        background.ask(waiting)
        assert least <= pause_of(background) <= most
        background.ask(waiting)
    assert (len(asked), len(waiting)) == (1, 3)


def test_a_network_that_is_down_is_tried_more_and_more_seldom(tmp_path: Path) -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    waiting = waiting_for("gen-1")
    with Recorder(tmp_path) as recorder, asking(recorder, cut) as background:
        pauses = []
        for _ in range(9):
            background.ask(waiting)
            pauses.append(round(pause_of(background)))
            background.resume_at = 0.0
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 600, 600]
    assert len(waiting) == 1


def test_a_refused_key_is_said_and_tried_again_after_ten_minutes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    waiting = waiting_for("gen-1", "gen-2")
    with Recorder(tmp_path) as recorder, asking(recorder, always({}, 401)) as background:
        background.ask(waiting)
        assert pause_of(background) > LONGEST_PAUSE_SECONDS - 1
    (record,) = caplog.records
    assert record.getMessage() == (
        "Calls are not settled in the background: OpenRouter refused /generation with status 401: "
        "the key in OPENROUTER_API_KEY is not valid."
    )


def test_a_server_error_or_a_missing_record_delays_only_its_own_question(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.params["id"]
        return json_answer(COST) if name == "gen-1" else json_answer({}, {"a": 404, "b": 502}[name])

    waiting = waiting_for("a", "b", "gen-1")
    with Recorder(tmp_path) as recorder, asking(recorder, answer) as background:
        background.ask(waiting)
        assert pause_of(background) == 0
    assert len(waiting) == 2
    assert [row["generation_id"] for row in landed(tmp_path, "settlements")] == ["gen-1"]


def test_an_answer_that_cannot_be_read_is_set_aside_and_not_asked_for_again(
    tmp_path: Path,
) -> None:
    waiting = waiting_for("gen-1")
    with Recorder(tmp_path) as recorder, asking(recorder, always("<html>", 200)) as background:
        background.ask(waiting)
    assert len(waiting) == 0
    (row,) = landed(tmp_path, "quarantine")
    assert row["origin"] == "GET /generation"


def test_what_comes_after_the_recorder_was_closed_is_left_to_the_next_pull(tmp_path: Path) -> None:
    stop = threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        stop.set()
        return json_answer(COST)

    waiting = waiting_for("gen-1", "gen-2")
    with Recorder(tmp_path) as recorder, asking(recorder, answer, stop) as background:
        background.ask(waiting)
    assert len(waiting) == 2
    assert list(tmp_path.glob("spool/*")) == []

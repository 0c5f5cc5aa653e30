"""OpenRouter is told what a call belongs to, so that a call that died with us can be found."""

import json
from decimal import Decimal
from pathlib import Path

import httpx

from ingest.recording.recorder import Recorder
from ingest.recording.runs import production_run
from ingest.simulator import running_simulator
from tests.landed import landed, landed_call
from tests.recording.calls import JSON, PAYLOAD, URL, client
from tests.wire import bodies


class Listener:
    """An OpenRouter that remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.bodies: list[bytes] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.bodies.append(b"".join(request.stream))  # type: ignore[arg-type]
        return httpx.Response(200, headers=JSON, content=bodies.CHAT)


def test_the_calls_of_a_run_carry_it_as_session_and_user(recorder: Recorder, home: Path) -> None:
    heard = Listener()
    with client(recorder, heard) as http, production_run(ebook_id="forest") as run:
        http.post(URL, json=PAYLOAD)
    recorder.close()
    (request,), (body,) = heard.requests, heard.bodies
    assert request.headers["x-session-id"] == run.run_id
    assert json.loads(body) == {"user": run.run_id, **PAYLOAD}
    assert request.headers["content-length"] == str(len(body))
    assert landed_call(home)["session_id"] == run.run_id


def test_a_call_outside_any_run_is_a_session_of_its_own_and_its_body_is_not_touched(
    recorder: Recorder, home: Path
) -> None:
    heard = Listener()
    with client(recorder, heard) as http:
        content = b' {"model" : "openai/gpt-5-nano"}'
        http.post(URL, content=content)
        http.post(URL, content=content)
    recorder.close()
    assert heard.bodies == [content, content]
    sessions = [request.headers["x-session-id"] for request in heard.requests]
    assert len(set(sessions)) == 2
    assert [row["session_id"] for row in landed(home)] == sessions
    assert [row["operation_id"] for row in landed(home)] == sessions


def test_what_the_caller_says_of_session_and_user_stays(recorder: Recorder, home: Path) -> None:
    heard = Listener()
    own = {**PAYLOAD, "user": "reader-1", "session_id": "evening"}
    with client(recorder, heard) as http, production_run(ebook_id="forest"):
        http.post(URL, json=own)
        http.post(URL, json={**PAYLOAD, "user": None}, headers={"X-Session-Id": "morning"})
    recorder.close()
    assert [json.loads(body) for body in heard.bodies] == [own, {**PAYLOAD, "user": None}]
    assert [row["session_id"] for row in landed(home)] == ["evening", "morning"]
    assert "x-session-id" not in heard.requests[0].headers


def test_openrouters_response_cache_finds_a_reply_from_one_run_to_the_next(home: Path) -> None:
    wants_cache = {"Authorization": "Bearer sk-or-v1-test", "X-OpenRouter-Cache": "true"}
    found = []
    with (
        running_simulator() as simulator,
        Recorder(home, base_url=simulator.base_url) as recorder,
        httpx.Client(transport=recorder.transport(), headers=wants_cache) as http,
    ):
        for _ in range(2):
            with production_run(ebook_id="forest"):
                reply = http.post(f"{simulator.base_url}/chat/completions", json=PAYLOAD)
            found.append(reply.headers["X-OpenRouter-Cache-Status"])
        billed = [row["cost_usd"] for row in simulator.bill()["generations"]]
    assert found == ["MISS", "HIT"]
    assert [row["reported_cost_usd"] for row in landed(home)] == [*map(Decimal, billed)]
    assert len({row["session_id"] for row in landed(home)}) == 2


def test_a_body_that_is_no_object_passes_as_it_is(recorder: Recorder, home: Path) -> None:
    heard = Listener()
    with client(recorder, heard) as http, production_run(ebook_id="forest"):
        for content in (b"{}", b"[]", b"", b"{broken", b"\xff"):
            http.post(URL, content=content)
        http.post(URL, content=iter([b"streamed"]))
    recorder.close()
    assert heard.bodies == [b"{}", b"[]", b"", b"{broken", b"\xff", b"streamed"]
    assert len(landed(home)) == 6

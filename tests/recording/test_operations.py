"""Attempts that a client makes by itself belong to one operation, where that can be told."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.recording.recorder import Recorder
from tests.landed import landed
from tests.recording.calls import JSON, PAYLOAD, URL, answering, client
from tests.wire import bodies

Change = Callable[[str, dict[str, Any]], tuple[str, dict[str, Any]]]


def busy(_: httpx.Request) -> httpx.Response:
    return httpx.Response(429, headers=JSON, content=b'{"error":{"code":429,"message":"wait"}}')


def attempts(home: Path) -> list[tuple[str, int]]:
    return [(row["operation_id"], row["attempt_number"]) for row in landed(home)]


def test_a_failed_request_sent_again_is_the_next_attempt_of_its_operation(
    recorder: Recorder, home: Path
) -> None:
    answers = iter([busy, busy, answering(bodies.CHAT), answering(bodies.CHAT)])
    with client(recorder, lambda request: next(answers)(request)) as http:
        for _ in range(4):
            http.post(URL, json=PAYLOAD)
    recorder.close()
    first, second, third, another = attempts(home)
    assert [first[1], second[1], third[1], another[1]] == [1, 2, 3, 1]
    assert first[0] == second[0] == third[0] != another[0]


def test_a_refusal_that_nobody_reads_or_closes_is_known_and_tried_again(
    recorder: Recorder, home: Path
) -> None:
    def refused(_: httpx.Request) -> httpx.Response:
        return httpx.Response(503, headers=JSON, stream=httpx.ByteStream(b"{}"))

    with client(recorder, refused) as http:
        replies = [
            http.send(http.build_request("POST", URL, json=PAYLOAD), stream=True) for _ in range(3)
        ]
        recorder.close()
        rows = landed(home)
    assert {reply.status_code for reply in replies} == {503}
    assert [(row["status"], row["error_type"]) for row in rows] == [("failed", "http_503")] * 3
    assert [row["attempt_number"] for row in rows] == [1, 2, 3]


@pytest.mark.parametrize(
    "change",
    [
        lambda url, payload: (url, {**payload, "model": "another/model"}),
        lambda url, payload: (url.replace("chat/completions", "responses"), payload),
    ],
)
def test_another_request_after_a_failure_is_an_operation_of_its_own(
    recorder: Recorder, home: Path, change: Change
) -> None:
    other_url, other_payload = change(URL, PAYLOAD)
    with client(recorder, busy) as http:
        http.post(URL, json=PAYLOAD)
        http.post(other_url, json=other_payload)
        http.post(URL, json=PAYLOAD)
    recorder.close()
    assert len({operation_id for operation_id, _ in attempts(home)}) == 3


def test_a_connection_that_broke_is_tried_again_as_the_same_operation(
    recorder: Recorder, home: Path
) -> None:
    def reset(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset", request=request)

    answers = iter([reset, answering(bodies.CHAT)])
    with client(recorder, lambda request: next(answers)(request)) as http:
        with pytest.raises(httpx.ReadError):
            http.post(URL, json=PAYLOAD)
        http.post(URL, json=PAYLOAD)
    recorder.close()
    (first, one), (second, two) = attempts(home)
    assert (first, one, two) == (second, 1, 2)


def test_tasks_that_send_the_same_do_not_repeat_each_other(recorder: Recorder, home: Path) -> None:
    async def call(http: httpx.AsyncClient) -> None:
        await http.post(URL, json=PAYLOAD)

    async def run() -> None:
        inner = httpx.MockTransport(busy)
        async with httpx.AsyncClient(transport=recorder.async_transport(inner)) as http:
            await asyncio.gather(*(call(http) for _ in range(3)))

    asyncio.run(run())
    recorder.close()
    assert len({operation_id for operation_id, _ in attempts(home)}) == 3

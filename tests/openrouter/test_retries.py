"""A call is repeated only where OpenRouter is known not to have billed it."""

import asyncio
import json
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from ingest.errors import NoAnswer, OpenRouterError, RequestRefused
from ingest.openrouter.async_client import AsyncOpenRouter
from ingest.openrouter.client import OpenRouter
from ingest.openrouter.retries import retry_after_seconds, wait_before_retry
from ingest.recording.recorder import Recorder
from tests.landed import landed
from tests.recording.calls import JSON
from tests.wire import bodies

IN_FLIGHT = {"limit_source": "openrouter_in_flight_budget"}
NO_CREDITS = {"limit_source": "openrouter_credits"}

Step = httpx.Response | Exception


def refusal(status: int, metadata: Any = None, **headers: str) -> httpx.Response:
    error = {"code": status, "message": "no", "metadata": metadata}
    return httpx.Response(status, headers=headers, content=json.dumps({"error": error}))


def served() -> httpx.Response:
    return httpx.Response(200, headers=JSON, content=bodies.CHAT)


def following(*steps: Step) -> httpx.MockTransport:
    remaining = iter(steps)

    def answer(_: httpx.Request) -> httpx.Response:
        step = next(remaining)
        if isinstance(step, Exception):
            raise step
        return step

    return httpx.MockTransport(answer)


def call(recorder: Recorder, *steps: Step) -> str:
    transport = following(*steps)
    with OpenRouter("key", recorder=recorder, transport=transport) as client:
        return client.chat(model="a/b", messages=[]).operation_id


def attempts(recorder: Recorder, home: Path) -> list[tuple[int, str, str]]:
    recorder.close()
    return [(row["attempt_number"], row["status"], row["operation_id"]) for row in landed(home)]


@pytest.fixture
def waits() -> Iterator[list[float]]:
    """The seconds that each retry would have waited."""
    seconds: list[float] = []

    def note(details: RetryDetails) -> None:
        seconds.append(details.wait_for)

    set_on_retry_hooks([note])
    yield seconds
    set_on_retry_hooks(None)


@pytest.mark.usefixtures("without_waiting")
@pytest.mark.parametrize(
    "unbilled",
    [
        lambda: refusal(429),
        lambda: refusal(503, **{"retry-after": "1"}),
        lambda: refusal(529),
        lambda: refusal(402, IN_FLIGHT, **{"retry-after": "120"}),
        lambda: httpx.ConnectError("refused"),
        lambda: httpx.ConnectTimeout("slow"),
        lambda: httpx.PoolTimeout("busy"),
    ],
)
def test_what_was_not_billed_is_tried_again_as_attempts_of_one_operation(
    recorder: Recorder, home: Path, unbilled: Callable[[], Step]
) -> None:
    operation_id = call(recorder, unbilled(), unbilled(), served())
    assert attempts(recorder, home) == [
        (1, "failed", operation_id),
        (2, "failed", operation_id),
        (3, "succeeded", operation_id),
    ]


@pytest.mark.usefixtures("without_waiting")
@pytest.mark.parametrize(
    "perhaps_billed",
    [
        *(refusal(status) for status in (400, 401, 403, 404, 408, 413, 422, 500, 502, 504, 524)),
        refusal(402, NO_CREDITS),
        refusal(402),
        refusal(503, **{"retry-after": "86400"}),
        httpx.ReadTimeout("slow"),
        httpx.WriteTimeout("slow"),
        httpx.ReadError("cut"),
        httpx.RemoteProtocolError("cut"),
    ],
    ids=repr,
)
def test_what_may_have_been_billed_is_never_repeated(
    recorder: Recorder, home: Path, perhaps_billed: Step
) -> None:
    with pytest.raises((RequestRefused, NoAnswer)) as refused:
        call(recorder, perhaps_billed, served())
    assert len(attempts(recorder, home)) == 1
    assert refused.value.operation_id == attempts(recorder, home)[0][2]
    if isinstance(perhaps_billed, Exception):
        assert refused.value.__cause__ is perhaps_billed


@pytest.mark.usefixtures("without_waiting")
def test_it_gives_up_after_four_attempts(recorder: Recorder, home: Path) -> None:
    with pytest.raises(RequestRefused) as refused:
        call(recorder, *(refusal(429) for _ in range(5)))
    assert refused.value.http_status == 429
    assert [number for number, *_ in attempts(recorder, home)] == [1, 2, 3, 4]


@pytest.mark.usefixtures("without_waiting")
def test_awaited_calls_are_tried_again_alike(recorder: Recorder, home: Path) -> None:
    async def call_later() -> None:
        transport = following(refusal(503), httpx.ConnectError("refused"), served())
        async with AsyncOpenRouter("key", recorder=recorder, transport=transport) as client:
            await client.chat(model="a/b", messages=[])

    asyncio.run(call_later())
    assert [attempt[:2] for attempt in attempts(recorder, home)] == [
        (1, "failed"),
        (2, "failed"),
        (3, "succeeded"),
    ]


def test_it_waits_as_long_as_openrouter_asks(recorder: Recorder, waits: list[float]) -> None:
    past = "Wed, 21 Oct 2015 07:28:00 GMT"
    for retry_after in ("0", past):
        call(recorder, refusal(503, **{"retry-after": retry_after}), served())
    assert waits == [0, 0]
    asked = RequestRefused("later", http_status=429, retry_after_seconds=120.0)
    assert wait_before_retry(asked) == 120.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2.0),
        (" 120 ", 120.0),
        ("Sun, 22 Nov 2026 10:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:30 +0100", 30.0),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(text: str, seconds: float | None) -> None:
    now = datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert retry_after_seconds(httpx.Headers({"retry-after": text}), now) == seconds


@given(st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])))
def test_an_odd_retry_after_is_none_and_never_an_error(text: str) -> None:
    headers = httpx.Headers([(b"retry-after", text.encode("latin-1"))])
    seconds = retry_after_seconds(headers, datetime(2026, 11, 22, tzinfo=UTC))
    assert seconds is None or seconds >= 0


def test_an_error_tells_its_attempt_and_survives_a_process_boundary(recorder: Recorder) -> None:
    with pytest.raises(OpenRouterError) as refused:
        call(recorder, refusal(403, NO_CREDITS, **{"x-generation-id": "gen-1-refused"}))
    error = pickle.loads(pickle.dumps(refused.value))
    assert str(error).startswith("OpenRouter refused the call with status 403; what it said")
    assert error.said == "no"
    assert isinstance(error, RequestRefused)
    assert (error.http_status, error.generation_id) == (403, "gen-1-refused")
    assert (error.operation_id, error.limit_source) == (
        refused.value.operation_id,
        "openrouter_credits",
    )

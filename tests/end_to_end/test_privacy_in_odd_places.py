"""A secret where nobody would put it on purpose: it is found nowhere all the same."""

import asyncio
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina

from ingest import AsyncOpenRouter, InkledgerError, OpenRouter, Recorder
from ingest.errors import UsageError
from ingest.simulator import running_simulator
from tests.conftest import run_inkledger
from tests.end_to_end.test_privacy import (
    BASE_URL,
    CANARIES,
    IMAGE,
    KEY,
    PROMPT,
    REPLY,
    found,
    written,
)
from tests.landed import landed

ASKED: dict[str, dict[str, Any]] = {
    "query of the address": {"params": {"note": PROMPT, "key": KEY}},
    "headers": {"headers": {"X-Note": PROMPT, "HTTP-Referer": f"https://a.example/{KEY}"}},
    "session header": {"headers": {"x-session-id": PROMPT}},
    "session that is a key": {"json": {"session_id": KEY}},
    "user and metadata": {"json": {"user": PROMPT, "metadata": {"a": REPLY}, "session_id": PROMPT}},
    "trace": {"json": {"trace": {"trace_name": PROMPT, "span_name": KEY}}},
    "tools": {"json": {"tools": [{"function": {"name": PROMPT, "parameters": {"a": REPLY}}}]}},
    "tool call": {"json": {"messages": [{"tool_calls": [{"function": {"arguments": PROMPT}}]}]}},
    "model that is a key": {"json": {"model": KEY}},
    "model that is a prompt": {"json": {"model": PROMPT}},
    "fallbacks": {"json": {"models": [PROMPT, KEY]}},
    "no JSON": {"content": PROMPT.encode()},
    "file": {"files": {"file": (f"{PROMPT}.wav", IMAGE.encode(), PROMPT)}, "data": {"a": REPLY}},
}  # fmt: skip
PLAIN = {"model": "a/b", "id": "gen-1-odd", "choices": [{"finish_reason": "stop"}]}
USAGE = {"cost": 0.25, "prompt_tokens": 3}
TOLD: dict[str, dict[str, Any]] = {
    "finish reason": {**PLAIN, "choices": [{"finish_reason": PROMPT}], "usage": USAGE},
    "native reason": {**PLAIN, "stop_reason": PROMPT, "choices": [{"native_finish_reason": KEY}]},
    "names": {**PLAIN, "model": PROMPT, "provider": PROMPT, "id": f"gen-{PROMPT}"},
    "names that are keys": {**PLAIN, "model": KEY, "provider": KEY, "id": f"gen-{KEY}"},
    "usage": {**PLAIN, "usage": {**USAGE, "note": PROMPT, "list": [KEY, {"a": REPLY}]}},
    "names in usage": {**PLAIN, "usage": {**USAGE, PROMPT: 1, "service_tier": PROMPT}},
    "error": {"error": {"code": KEY, "type": PROMPT, "message": PROMPT, "param": REPLY}},
    "error type": {"error": {"metadata": {"error_type": REPLY, "raw": PROMPT}, "code": PROMPT}},
    "error that is a text": {"error": PROMPT},
    "error of a choice": {**PLAIN, "choices": [{"error": {"code": PROMPT, "message": REPLY}}]},
    "job": {**PLAIN, "polling_url": f"https://a.example/{KEY}", "id": PROMPT},
}
STATUSES = (200, 400, 402, 502)


def answering(body: object, status: int) -> httpx.MockTransport:
    headers = {
        "content-type": "application/json", "x-provider-name": PROMPT, "x-generation-id": KEY
    }  # fmt: skip
    return httpx.MockTransport(
        lambda _: httpx.Response(
            status, headers=headers, content=json.dumps(body), extensions={"reason_phrase": b"fox"}
        )
    )


def log_of(caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    yield "nothing else"
    for record in caplog.records:
        yield f"{record.getMessage()} {vars(record)} {record.exc_text}"


@pytest.mark.parametrize("place", ASKED)
def test_a_secret_in_an_odd_place_of_a_request_is_found_nowhere(
    place: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="ingest")
    request = {"headers": {}, **ASKED[place]}
    request["headers"] = {"Authorization": f"Bearer {KEY}", **request["headers"]}
    with (
        Recorder(tmp_path, base_url=BASE_URL) as recorder,
        httpx.Client(transport=recorder.transport(answering(PLAIN, 200))) as http,
    ):
        for path in ("chat/completions", "audio/transcriptions", f"{PROMPT}/{KEY}", KEY):
            http.post(f"{BASE_URL}/{path}", **request)
        http.get(f"{BASE_URL}/videos/{KEY}")
        assert recorder.failure_count == 0
    assert found(written(tmp_path)) == set()
    assert len(landed(tmp_path)) == 4
    assert found(written(tmp_path)) == set()
    assert found(log_of(caplog)) == set()


@pytest.mark.parametrize("place", TOLD)
def test_a_secret_in_an_odd_place_of_a_reply_is_found_nowhere(
    place: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Recorder(tmp_path, base_url=BASE_URL) as recorder:
        said = [
            text
            for status in STATUSES
            for text in what_our_clients_say(recorder, answering(TOLD[place], status))
        ]
        assert recorder.failure_count == 0
    assert found(iter(said)) == set()
    assert found(written(tmp_path)) == set()
    assert len(landed(tmp_path)) == 3 * len(STATUSES)
    assert found(written(tmp_path)) == set()
    assert found(log_of(caplog)) == set()
    costs = {row["reported_cost_usd"] for row in landed(tmp_path)}
    assert (costs != {None}) == ("usage" in TOLD[place])


def what_our_clients_say(recorder: Recorder, transport: httpx.MockTransport) -> Iterator[str]:
    """Each error with what it is made of and where it came from, as a log would show it."""
    message = [{"role": "user", "content": PROMPT}]

    async def call_later() -> None:
        async with AsyncOpenRouter(KEY, recorder=recorder, transport=transport) as client:
            await client.chat(model="a/b", messages=message)

    with OpenRouter(KEY, recorder=recorder, transport=transport) as client:
        calls: list[Callable[[], object]] = [
            lambda: client.chat(model="a/b", messages=message),
            lambda: list(client.chat(model="a/b", messages=message, stream=True)),
            lambda: asyncio.run(call_later()),
        ]
        yield "nothing else"
        for call in calls:
            try:
                call()
            except InkledgerError as error:
                yield "".join(traceback.format_exception(error))
                yield f"{error} {error!r} {error.args}"


def test_logs_of_the_libraries_below_hold_no_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    message = [{"role": "user", "content": PROMPT}]
    models = ["openai/gpt-5-nano" + fault for fault in ("", "#fault=503", "#fault=cut_stream")]
    with (
        running_simulator() as simulator,
        stamina.set_testing(True, attempts=2),
        Recorder(tmp_path, base_url=simulator.base_url) as recorder,
        OpenRouter(KEY, base_url=simulator.base_url, recorder=recorder) as client,
    ):
        for model in models:
            for is_streamed in (False, True):
                try:
                    reply: Any = client.chat(model=model, messages=message, stream=is_streamed)
                    list(reply if is_streamed else ())
                except InkledgerError:
                    logging.getLogger("a program").exception("It failed")
    assert {"httpcore.http11", "stamina", "a program"} <= {record.name for record in caplog.records}
    assert found(log_of(caplog)) == set()
    assert found(written(tmp_path)) == set()


def test_a_key_with_a_line_in_it_is_refused_without_being_repeated() -> None:
    for kind in (OpenRouter, AsyncOpenRouter):
        with pytest.raises(UsageError) as refused:
            kind(f"{KEY}\nsecond line")
        assert KEY not in "".join(traceback.format_exception(refused.value))


def test_a_prompt_given_to_the_command_in_a_damaged_key_is_not_repeated(tmp_path: Path) -> None:
    keys = {"OPENROUTER_API_KEY": f"{KEY}\n{PROMPT}", "OPENROUTER_MANAGEMENT_KEY": f"{KEY} é"}
    said = [
        run_inkledger(tmp_path, "--debug", "pull", what, **keys)
        for what in ("settlements", "activity", "prices")
    ]
    assert found(finished.stdout + finished.stderr for finished in said) == set()


def test_what_looks_for_secrets_here_would_find_them(tmp_path: Path) -> None:
    with Recorder(tmp_path, base_url=BASE_URL) as recorder:
        recorder.record_outcome("operation", "rejected", reason=" ".join(CANARIES))
    assert found(written(tmp_path)) == set(CANARIES)

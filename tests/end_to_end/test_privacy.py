"""A secret in the key, the prompt, the image and the reply of every endpoint is found nowhere."""

import base64
import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import duckdb
import httpx
import polars as pl
import pytest

from ingest.recording.recorder import Recorder
from ingest.settings import Home
from tests.conftest import run_inkledger

BASE_URL = "https://openrouter.ai/api/v1"
KEY, PROMPT, REPLY = "sk-or-v1-canaryKey", "canaryPrompt of a fox", "canaryReply of a fox"
IMAGE = base64.b64encode(b"canaryImage-canaryImage").decode()
CANARIES = (KEY, PROMPT, REPLY, IMAGE)
PARTS = [
    {"type": "text", "text": PROMPT},
    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}},
]
REQUESTS: dict[str, dict[str, object]] = {
    "chat/completions": {"messages": [{"role": "user", "content": PARTS}]},
    "responses": {"input": PROMPT, "instructions": PROMPT},
    "messages": {"messages": [{"role": "user", "content": PARTS}], "system": PROMPT},
    "images": {"prompt": PROMPT, "input_references": [IMAGE]},
    "embeddings": {"input": [PROMPT]},
    "rerank": {"query": PROMPT, "documents": [PROMPT]},
    "audio/transcriptions": {"input_audio": {"data": IMAGE, "format": "wav"}},
    "audio/speech": {"input": PROMPT},
    "videos": {"prompt": PROMPT},
    "batches": {"requests": [{"body": {"messages": [{"content": PROMPT}]}}]},
}
USAGE = {"cost": 0.001, "prompt_tokens": 1, "completion_tokens": 1}
CHOICE = {"message": {"content": REPLY}, "delta": {"content": REPLY}, "text": REPLY}
CONTENT = {"choices": [CHOICE], "data": [{"b64_json": IMAGE}], "output": [REPLY], "text": REPLY}
WHOLE = json.dumps({"id": "gen-1-private", **CONTENT, "usage": USAGE}).encode()
REFUSAL = json.dumps(
    {"error": {"code": PROMPT, "type": REPLY, "message": KEY, "metadata": {"raw": IMAGE}}}
).encode()
ANSWERS = {
    "whole": (200, "application/json", WHOLE),
    "streamed": (200, "text/event-stream", b"data: %b\n\ndata: [DONE]\n\n" % WHOLE),
    "unreadable": (200, "application/json", b"{" + WHOLE),
    "nonsense": (200, "application/json", WHOLE.replace(b"0.001", b"-1")),
    "binary": (200, "audio/mpeg", REPLY.encode() * 9),
    "refused": (400, "application/json", REFUSAL),
    "failed": (502, "text/html", f"<html>{PROMPT}{REPLY}</html>".encode()),
    "error in 200": (200, "application/json", REFUSAL),
}


def answer(request: httpx.Request) -> httpx.Response:
    name = request.headers["x-answer"]
    if name == "lost":
        raise httpx.ReadError(f"lost {PROMPT} {KEY}")
    status, kind, body = ANSWERS[name]
    headers = {"content-type": kind, "x-generation-id": f"gen-{request.headers['x-number']}-a"}
    return httpx.Response(status, headers=headers, content=iter([body[:40], body[40:]]))


def drive_every_endpoint(home: Path) -> int:
    calls = [(path, name) for path in REQUESTS for name in [*ANSWERS, "lost"]]
    with (
        Recorder(home, base_url=BASE_URL) as recorder,
        httpx.Client(transport=recorder.transport(httpx.MockTransport(answer))) as http,
    ):
        for number, (path, name) in enumerate(calls):
            headers = {
                "Authorization": f"Bearer {KEY}", "x-answer": name, "x-number": str(number)
            }  # fmt: skip
            body = {"model": "a/b", **REQUESTS[path], "stream": name == "streamed"}
            with suppress(httpx.ReadError):
                http.post(f"{BASE_URL}/{path}", headers=headers, json=body)
        assert recorder.failure_count == 0
    return len(calls)


def written(home: Path) -> Iterator[str]:
    """All that a reader of the data could see, uncompressed."""
    for segment in (home / "spool").glob("*"):
        yield segment.read_text()
    for file in (home / "lake").rglob("*.parquet"):
        yield pl.read_parquet(file, hive_partitioning=False).write_json()
    for file in home.rglob("*.duckdb"):
        with duckdb.connect(str(file), read_only=True) as warehouse:
            for schema, table in warehouse.sql(
                "select table_schema, table_name from information_schema.tables "
                "where table_type = 'BASE TABLE'"
            ).fetchall():
                yield str(warehouse.sql(f'select * from "{schema}"."{table}"').fetchall())
    for file in home.rglob("*.log"):
        yield file.read_text()


def found(texts: Iterator[str]) -> set[str]:
    everything = "\n".join(texts)
    assert everything
    return {canary for canary in CANARIES if canary in everything}


class Refusing(BaseHTTPRequestHandler):
    """Knows the key, does not take it, and says so."""

    def do_GET(self) -> None:
        body = json.dumps({"error": {"code": 401, "message": f"No right: {KEY} {PROMPT}"}})
        self.send_response(401)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def refusing_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/api/v1"
        server.shutdown()


def test_no_word_of_any_call_is_found_anywhere(
    refusing_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    call_count = drive_every_endpoint(tmp_path)
    assert found(written(tmp_path)) == set()
    keys = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_MANAGEMENT_KEY": KEY}
    refused = {"OPENROUTER_BASE_URL": refusing_url}
    said = [
        run_inkledger(tmp_path, "--debug", *command, **keys, **refused)
        for command in (["build"], ["pull", "settlements"], ["report", "status"])
    ]
    assert [finished.returncode for finished in said] == [0, 1, 0]
    assert "Traceback" in said[1].stderr
    assert found(finished.stdout + finished.stderr for finished in said) == set()
    assert found(written(tmp_path)) == set()
    logged = (f"{record.getMessage()} {record.exc_text}" for record in caplog.records)
    ours = (text for text in [*logged, "nothing else"])
    assert found(ours) == set()
    with duckdb.connect(str(Home(tmp_path).warehouse), read_only=True) as warehouse:
        (row,) = warehouse.sql("select count(*) from fct_attempts").fetchall()
    assert row == (call_count,)


def test_what_looks_for_secrets_would_find_them(tmp_path: Path) -> None:
    with Recorder(tmp_path, base_url=BASE_URL) as recorder:
        recorder.describe_ebook("forest", title=f"{KEY} {PROMPT} {REPLY} {IMAGE}")
    assert found(written(tmp_path)) == set(CANARIES)
    assert run_inkledger(tmp_path, "seal").returncode == 0
    assert not [*(tmp_path / "spool").glob("*.jsonl")]
    assert found(written(tmp_path)) == set(CANARIES)
    assert run_inkledger(tmp_path, "build").returncode == 0
    shutil.rmtree(tmp_path / "lake")
    assert found(written(tmp_path)) == set(CANARIES)

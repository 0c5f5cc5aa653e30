"""A web application that calls OpenRouter for each request; gunicorn forks its workers from it."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx

from ingest import Recorder

URL = os.environ["OPENROUTER_BASE_URL"] + "/chat/completions"
HEADERS = {"Authorization": f"Bearer {os.environ['OPENROUTER_API_KEY']}"}
MODEL = "openai/gpt-5-nano"

# Made, and used, before the workers are forked.
recorder = Recorder()


def call(prompt: str, fault: str = "") -> str:
    """One call over a connection of its own."""
    body = {"model": MODEL + fault, "messages": [{"role": "user", "content": prompt}]}
    with httpx.Client(transport=recorder.transport(), headers=HEADERS, timeout=30) as http:
        return http.post(URL, json=body).headers["x-generation-id"]


call("warm up")


def application(
    environment: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Answers with the worker's process id. `/stall` leaves it in a file and never ends."""
    process_id = str(os.getpid())
    if environment["PATH_INFO"] == "/stall":
        Path(os.environ["STALLED"]).write_text(process_id)
        call("stall", "#fault=stall")
    call(environment["PATH_INFO"])
    start_response("200 OK", [("content-type", "text/plain")])
    return [process_id.encode()]

"""One call through a recording transport to a server that exists in memory only."""

from collections.abc import Callable, Iterator

import httpx

from ingest.recording.recorder import Recorder

URL = "https://openrouter.ai/api/v1/chat/completions"
PAYLOAD = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": "a fox"}]}
JSON = {"content-type": "application/json", "x-generation-id": "gen-1-fromTheHeader"}
SSE = {**JSON, "content-type": "text/event-stream"}

Answer = Callable[[httpx.Request], httpx.Response]


def client(recorder: Recorder, answer: Answer) -> httpx.Client:
    """A client whose every request `answer` answers."""
    return httpx.Client(transport=recorder.transport(httpx.MockTransport(answer)))


def answering(body: bytes, headers: dict[str, str] | None = None, status: int = 200) -> Answer:
    """Answer every request alike, in pieces as a network would bring them."""

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 37):
            yield body[start : start + 37]

    return lambda _: httpx.Response(status, headers=headers or JSON, content=pieces())


def post(recorder: Recorder, answer: Answer, **options: object) -> bytes:
    """Make one call and read all of its answer."""
    with client(recorder, answer) as http:
        return http.post(URL, json={**PAYLOAD, **options}).content

"""A process that kills itself in mid-call, at the instant that it is told.

`python -m tests.budgets.victim HOME BASE_URL INSTANT`, where INSTANT is `before_send`,
`after_headers` or `after_body`.
"""

import os
import signal
import sys
from collections.abc import Iterator

import httpx

from ingest import Budget, Recorder, attribute

KEY = "sk-or-v1-test"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Deadly(httpx.BaseTransport):
    """The real transport until the instant comes."""

    def __init__(self, instant: str) -> None:
        self.instant = instant
        self.inner = httpx.HTTPTransport()
        self.call_count = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.call_count += 1
        if self.call_count == 1:
            return self.inner.handle_request(request)
        if self.instant == "before_send":
            die()
        response = self.inner.handle_request(request)
        response.stream = DeadlyStream(response.stream, self.instant)
        return response


class DeadlyStream(httpx.SyncByteStream):
    """Dies instead of giving its first chunk, or after its last."""

    def __init__(self, inner: object, instant: str) -> None:
        assert isinstance(inner, httpx.SyncByteStream)
        self.inner, self.instant = inner, instant

    def __iter__(self) -> Iterator[bytes]:
        chunks = list(self.inner)
        if self.instant == "after_headers":
            die()
        yield from chunks
        die()


def main(home: str, base_url: str, instant: str) -> None:
    """One call that is answered, and one that its process does not live to see."""
    recorder = Recorder(home, base_url=base_url, budgets=[Budget("1", per="day")])
    http = httpx.Client(transport=recorder.transport(Deadly(instant)), base_url=base_url)
    headers = {"Authorization": f"Bearer {KEY}"}
    with attribute(ebook_id="forest"):
        for number in range(2):
            message = {"role": "user", "content": f"Name fox number {number}."}
            body = {"model": "openai/gpt-5-nano", "messages": [message], "max_tokens": 200}
            http.post("/chat/completions", json=body, headers=headers)


if __name__ == "__main__":
    main(*sys.argv[1:4])

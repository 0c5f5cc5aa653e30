"""What recording costs by itself: no network, no client, one process.

python bench/alone.py WHAT COUNT prints JSON. WHAT: `recording`, `span`, `memory`, `import`,
`spool DURABILITY WRITERS`, `sqlite SYNCHRONOUS COMMIT_EVERY`.
"""

import gc
import json
import resource
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

URL = "https://openrouter.ai/api/v1/chat/completions"
PAYLOAD = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": "A fox."}]}
LINE = b'{"usage_events":{' + b'"event_id":"01a20646-b3b6-7533-93c9-b28dbe4f5516",' * 15 + b"}}"
ROUNDS = 5


def recording(count: int) -> dict[str, float]:
    """µs per attempt through our transport, less the same transport without it; and per event."""
    import httpx
    from clients import HEADERS
    from server import whole

    from ingest import Recorder

    head, _, framed = whole().partition(b"\r\n\r\n")
    body = framed.partition(b"\r\n")[2].removesuffix(b"\r\n0\r\n\r\n")
    headers = [line.split(b": ", 1) for line in head.split(b"\r\n")[1:]]

    class Body(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            yield body

    class Memory(httpx.BaseTransport):
        def handle_request(self, _: httpx.Request) -> httpx.Response:
            return httpx.Response(200, headers=[tuple(pair) for pair in headers], stream=Body())

    client = httpx.Client()
    spool = Recorder(tempfile.mkdtemp(prefix="inkledger-bench-"))
    recorded = spool.transport(Memory())

    def run(transport: httpx.BaseTransport) -> float:
        requests = [
            client.build_request("POST", URL, json=PAYLOAD, headers=HEADERS) for _ in range(count)
        ]

        def all_of_them() -> None:
            for request in requests:
                for _ in transport.handle_request(request).stream:  # type: ignore[union-attr]
                    pass

        return _cpu_us(all_of_them, count)

    run(recorded)
    attempts = sorted(run(recorded) - run(Memory()) for _ in range(ROUNDS))
    return {"attempt_us": attempts[ROUNDS // 2], "low": attempts[0], "high": attempts[-1],
            "event_us": attempts[ROUNDS // 2] / 3}  # fmt: skip


def span(count: int) -> dict[str, float]:
    """µs of one OpenTelemetry span with the same things to say, batched to nowhere."""
    from clients import SPAN_ATTRIBUTES
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Nowhere(SpanExporter):
        def export(self, _: Any) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    tracer = provider.get_tracer("bench")

    def spans() -> None:
        for _ in range(count):
            with tracer.start_as_current_span("chat") as one:
                for name, value in SPAN_ATTRIBUTES.items():
                    one.set_attribute(name, value)

    spans()
    times = sorted(_cpu_us(spans, count) for _ in range(ROUNDS))
    return {"span_us": times[ROUNDS // 2], "low": times[0], "high": times[-1]}


def imports(_: int) -> dict[str, float]:
    """Seconds to import what a program uses, and what is resident after it, MB."""
    began = time.perf_counter()
    from ingest import OpenRouter, Recorder, attribute

    seconds = time.perf_counter() - began
    assert all((OpenRouter, Recorder, attribute))
    return {"seconds": seconds, "resident_mb": _resident_mb()}


def memory(count: int) -> dict[str, float]:
    """Resident MB after a thousand recorded attempts, and after `count` of them."""
    import httpx

    from ingest import Recorder

    body = b'{"id":"gen-1","choices":[],"usage":{"cost":0.001,"prompt_tokens":1}}'
    answer = httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"x-generation-id": "gen-1"}, content=body)
    )
    home = tempfile.mkdtemp(prefix="inkledger-bench-")
    marks = {}
    with httpx.Client(transport=Recorder(home).transport(answer)) as client:
        for number in range(1, count + 1):
            client.post(URL, json=PAYLOAD)
            if number in (1000, count):
                marks[number] = _resident_mb()
            for sealed in Path(home, "spool").glob("*.jsonl") if number % 50_000 == 0 else ():
                sealed.unlink()  # As `seal` does: the disk of the bench is not the question.
    return {"after_1000_mb": marks[1000], "end_mb": marks[count], "attempts": count}


def spool(count: int, durability: str, writers: str) -> dict[str, float]:
    """Wall µs per line that is written, and safe as far as `durability` says."""
    from ingest.recording.spool import Spool

    own = Spool(Path(tempfile.mkdtemp(prefix="inkledger-bench-")), durability=durability)  # type: ignore[arg-type]

    def write(lines: int) -> None:
        for _ in range(lines):
            own.append_line(LINE)
            own.reach_disk()

    return _written(write, count, int(writers))


def sqlite(count: int, synchronous: str, commit_every: str) -> dict[str, float]:
    """The same lines into SQLite's write-ahead log, one writer."""
    database = sqlite3.connect(Path(tempfile.mkdtemp(prefix="inkledger-bench-"), "events.db"))
    database.execute("pragma journal_mode = wal")
    database.execute(f"pragma synchronous = {synchronous}")
    database.execute("create table events (line blob)")

    def write(lines: int) -> None:
        for number in range(lines):
            database.execute("insert into events values (?)", (LINE,))
            if number % int(commit_every) == 0:
                database.commit()
        database.commit()

    return _written(write, count, 1)


def _written(write: Callable[[int], None], count: int, writers: int) -> dict[str, float]:
    def round_of_all() -> float:
        threads = [threading.Thread(target=write, args=(count // writers,)) for _ in range(writers)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return (time.perf_counter() - began) / count * 1e6

    def alone() -> float:
        began = time.perf_counter()
        write(count)
        return (time.perf_counter() - began) / count * 1e6

    times = sorted((round_of_all if writers > 1 else alone)() for _ in range(ROUNDS))
    return {"wall_us": times[ROUNDS // 2], "low": times[0], "high": times[-1]}


def _cpu_us(work: Callable[[], None], count: int) -> float:
    gc.collect()
    gc.freeze()  # What the bench keeps is not looked through again and again.
    began = time.process_time()
    work()
    return (time.process_time() - began) / count * 1e6


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * resource.getpagesize() / 2**20


MEASURES: dict[str, Callable[..., dict[str, float]]] = {
    "recording": recording,
    "span": span,
    "import": imports,
    "memory": memory,
    "spool": spool,
    "sqlite": sqlite,
}

if __name__ == "__main__":
    what, amount, *options = sys.argv[1:]
    sys.stdout.write(json.dumps(MEASURES[what](int(amount), *options)) + "\n")

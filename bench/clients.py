"""One client in one manner, measured in a process of its own.

python bench/clients.py CLIENT MODE BASE_URL CALLS prints JSON: CPU and wall µs per call, import
seconds, resident MB after the import and at the end.
"""

import asyncio
import gc
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KEY = "sk-or-v1-bench"
MODEL = "openai/gpt-5-nano"
MESSAGES = [{"role": "user", "content": "Write one sentence about a fox."}]
PAYLOAD: dict[str, Any] = {"model": MODEL, "messages": MESSAGES}
HEADERS = {"Authorization": f"Bearer {KEY}"}
TASKS = 64
WARM_UP = 20

Call = Callable[[bool], None]
AsyncCall = Callable[[bool], Awaitable[None]]


def through_httpx(library: Any, url: str, transport: Any = None) -> Call:
    client = library.Client(base_url=url, headers=HEADERS, transport=transport, timeout=60)

    def call(is_streamed: bool) -> None:
        if not is_streamed:
            client.post("/chat/completions", json=PAYLOAD).json()
            return
        with client.stream("POST", "/chat/completions", json={**PAYLOAD, "stream": True}) as reply:
            for line in reply.iter_lines():
                if line.startswith("data: {"):
                    json.loads(line[6:])

    return call


def through_async_httpx(library: Any, url: str, transport: Any = None) -> AsyncCall:
    transport = transport or many_connections(library)
    client = library.AsyncClient(base_url=url, headers=HEADERS, transport=transport, timeout=60)

    async def call(is_streamed: bool) -> None:
        if not is_streamed:
            (await client.post("/chat/completions", json=PAYLOAD)).json()
            return
        body = {**PAYLOAD, "stream": True}
        async with client.stream("POST", "/chat/completions", json=body) as reply:
            async for line in reply.aiter_lines():
                if line.startswith("data: {"):
                    json.loads(line[6:])

    return call


def many_connections(library: Any) -> Any:
    # As openai sets them: with httpx's own, 44 of 64 connections would be opened anew each time.
    limits = library.Limits(max_connections=1000, max_keepalive_connections=100)
    return library.AsyncHTTPTransport(limits=limits)


def httpx_client(url: str) -> tuple[Call, AsyncCall]:
    import httpx

    return through_httpx(httpx, url), through_async_httpx(httpx, url)


def httpx2_client(url: str) -> tuple[Call, AsyncCall]:
    import httpx2

    return through_httpx(httpx2, url), through_async_httpx(httpx2, url)


def recorder(url: str) -> Any:
    from ingest import Recorder

    return Recorder(tempfile.mkdtemp(prefix="inkledger-bench-"), base_url=url)


def recorded_httpx(url: str) -> tuple[Call, AsyncCall]:
    import httpx

    mine = recorder(url)
    return (
        through_httpx(httpx, url, mine.transport()),
        through_async_httpx(httpx, url, mine.async_transport(many_connections(httpx))),
    )


def recorded_httpx2(url: str) -> tuple[Call, AsyncCall]:
    import httpx2

    mine = recorder(url)
    return (
        through_httpx(httpx2, url, mine.transport()),
        through_async_httpx(httpx2, url, mine.async_transport(many_connections(httpx2))),
    )


def inkledger(url: str) -> tuple[Call, AsyncCall]:
    from ingest import AsyncOpenRouter, OpenRouter

    mine = recorder(url)
    client = OpenRouter(KEY, base_url=url, recorder=mine)
    tasks = AsyncOpenRouter(KEY, base_url=url, recorder=mine)

    def call(is_streamed: bool) -> None:
        if not is_streamed:
            client.chat(model=MODEL, messages=MESSAGES)
            return
        for _ in client.chat(model=MODEL, messages=MESSAGES, stream=True):
            pass

    async def call_async(is_streamed: bool) -> None:
        if not is_streamed:
            await tasks.chat(model=MODEL, messages=MESSAGES)
            return
        async for _ in await tasks.chat(model=MODEL, messages=MESSAGES, stream=True):
            pass

    return call, call_async


def openai_sdk(url: str) -> tuple[Call, AsyncCall]:
    import openai

    return _of_openai(openai.OpenAI, openai.AsyncOpenAI, url)


def langfuse_wrapper(url: str) -> tuple[Call, AsyncCall]:
    # Its exporter has nobody to send to, as in a program whose collector is down.
    keys = {"LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk"}
    os.environ.update({**keys, "LANGFUSE_HOST": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "false"})
    import logging

    logging.disable(logging.CRITICAL)
    from langfuse import openai

    return _of_openai(openai.OpenAI, openai.AsyncOpenAI, url)


def _of_openai(kind: Any, async_kind: Any, url: str) -> tuple[Call, AsyncCall]:
    client, tasks = kind(api_key=KEY, base_url=url), async_kind(api_key=KEY, base_url=url)

    def call(is_streamed: bool) -> None:
        reply = client.chat.completions.create(stream=is_streamed, **PAYLOAD)
        for _ in reply if is_streamed else ():
            pass

    async def call_async(is_streamed: bool) -> None:
        reply = await tasks.chat.completions.create(stream=is_streamed, **PAYLOAD)
        if is_streamed:
            async for _ in reply:
                pass

    return call, call_async


def openrouter_sdk(url: str) -> tuple[Call, AsyncCall]:
    from openrouter import OpenRouter

    client = OpenRouter(api_key=KEY, server_url=url)

    def call(is_streamed: bool) -> None:
        reply = client.chat.send(stream=is_streamed, **PAYLOAD)
        for _ in reply if is_streamed else ():
            pass

    async def call_async(is_streamed: bool) -> None:
        reply = await client.chat.send_async(stream=is_streamed, **PAYLOAD)
        if is_streamed:
            async for _ in reply:
                pass

    return call, call_async


def litellm_callback(url: str) -> tuple[Call, AsyncCall]:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    costs: list[Any] = []
    litellm.success_callback = [lambda kwargs, *_: costs.append(kwargs.get("response_cost"))]
    common: Any = {**PAYLOAD, "model": f"openrouter/{MODEL}", "api_key": KEY, "api_base": url}

    def call(is_streamed: bool) -> None:
        reply = litellm.completion(stream=is_streamed, **common)
        for _ in reply if is_streamed else ():
            pass

    async def call_async(is_streamed: bool) -> None:
        reply = await litellm.acompletion(stream=is_streamed, **common)
        if is_streamed:
            async for _ in reply:
                pass

    return call, call_async


def opentelemetry_span(url: str) -> tuple[Call, AsyncCall]:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Nowhere(SpanExporter):
        def export(self, _: Any) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    tracer = provider.get_tracer("bench")
    bare, bare_async = httpx_client(url)

    def describe(span: Any) -> None:
        for name, value in SPAN_ATTRIBUTES.items():
            span.set_attribute(name, value)

    def call(is_streamed: bool) -> None:
        with tracer.start_as_current_span("chat") as span:
            bare(is_streamed)
            describe(span)

    async def call_async(is_streamed: bool) -> None:
        with tracer.start_as_current_span("chat") as span:
            await bare_async(is_streamed)
            describe(span)

    return call, call_async


SPAN_ATTRIBUTES = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": MODEL,
    "gen_ai.response.model": "openai/gpt-5-nano-2025-08-07",
    "gen_ai.response.id": "gen-1760600001-inkledgerBenchBodyA",
    "gen_ai.usage.input_tokens": 254,
    "gen_ai.usage.output_tokens": 50,
    "gen_ai.usage.cost": 0.0076509169,
    "ebook.id": "forest-animals",
    "ebook.stage": "line_art",
    "ebook.page": 3,
}
CLIENTS: dict[str, Callable[[str], tuple[Call, AsyncCall]]] = {
    "httpx": httpx_client,
    "httpx2": httpx2_client,
    "inkledger over httpx": recorded_httpx,
    "inkledger over httpx2": recorded_httpx2,
    "inkledger client": inkledger,
    "httpx + OpenTelemetry span": opentelemetry_span,
    "openai": openai_sdk,
    "openrouter": openrouter_sdk,
    "langfuse": langfuse_wrapper,
    "litellm": litellm_callback,
}


def one_after_the_other(call: Call, is_streamed: bool, call_count: int) -> dict[str, float]:
    for _ in range(WARM_UP):
        call(is_streamed)
    with stopwatch(call_count) as measured:
        for _ in range(call_count):
            call(is_streamed)
    return measured


def many_in_flight(call: AsyncCall, is_streamed: bool, call_count: int) -> dict[str, float]:
    async def work(calls: int) -> None:
        for _ in range(calls):
            await call(is_streamed)

    async def all_at_once(calls: int) -> None:
        await asyncio.gather(*(work(calls // TASKS) for _ in range(TASKS)))

    async def run() -> dict[str, float]:
        # In the same loop: clients of some libraries cannot change theirs.
        await all_at_once(TASKS)
        with stopwatch(call_count) as measured:
            await all_at_once(call_count)
        return measured

    return asyncio.run(run())


@contextmanager
def stopwatch(call_count: int) -> Iterator[dict[str, float]]:
    """CPU of this process and wall, µs a call."""
    measured: dict[str, float] = {}
    gc.collect()
    began_cpu, began = cpu_seconds(), time.perf_counter()
    yield measured
    wall, cpu = time.perf_counter() - began, cpu_seconds() - began_cpu
    measured.update(cpu_us=cpu / call_count * 1e6, wall_us=wall / call_count * 1e6)


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * resource.getpagesize() / 2**20


def main(name: str, mode: str, url: str, call_count: int) -> None:
    began = time.perf_counter()
    call, call_async = CLIENTS[name](url)
    import_seconds, after_import_mb = time.perf_counter() - began, resident_mb()
    is_streamed = mode.endswith("streamed")
    if mode.startswith("sequential"):
        measured = one_after_the_other(call, is_streamed, call_count)
    else:
        measured = many_in_flight(call_async, is_streamed, call_count)
    result = {
        **measured,
        "import_seconds": import_seconds,
        "after_import_mb": after_import_mb,
        "end_mb": resident_mb(),
    }
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
    os._exit(0)  # Exporters that have nobody to send to would keep us waiting.


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))

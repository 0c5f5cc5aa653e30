"""Calls through one client, as its users write them: `python calls.py openai cases…`.

Run by test_clients.py in the environment that has the client. Each case is a way of calling and
what the simulator is to do to it, such as `streamed:cut_stream`; each call is attributed to an
ebook of the case's name. Prints what became of each case as JSON.
"""

import asyncio
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from ingest import Recorder, attribute

URL = os.environ["OPENROUTER_BASE_URL"]
KEY = os.environ["OPENROUTER_API_KEY"]
MODEL = "openai/gpt-5-nano"
PATIENCE_SECONDS = 2.0


def messages(prompt: str) -> Any:
    return [{"role": "user", "content": prompt}]


def clients_of(library: Any, recorder: Recorder) -> tuple[Any, Any]:
    return (
        library.Client(transport=recorder.transport(), timeout=PATIENCE_SECONDS),
        library.AsyncClient(transport=recorder.async_transport(), timeout=PATIENCE_SECONDS),
    )


class Httpx:
    def __init__(self, recorder: Recorder, url: str, library: Any = httpx) -> None:
        self.url = f"{url}/chat/completions"
        self.now, self.later = clients_of(library, recorder)

    def request(self, model: str, prompt: str, is_streamed: bool) -> dict[str, Any]:
        body = {"model": model, "messages": messages(prompt), "stream": is_streamed}
        return {"json": body, "headers": {"Authorization": f"Bearer {KEY}"}}

    def whole(self, model: str, prompt: str) -> None:
        self.now.post(self.url, **self.request(model, prompt, False)).raise_for_status()

    def streamed(self, model: str, prompt: str) -> None:
        request = self.request(model, prompt, True)
        with self.now.stream("POST", self.url, **request) as reply:
            reply.raise_for_status()
            for _ in reply.iter_lines():
                pass

    async def awaited(self, model: str, prompt: str) -> None:
        reply = await self.later.post(self.url, **self.request(model, prompt, False))
        reply.raise_for_status()

    async def awaited_stream(self, model: str, prompt: str) -> None:
        request = self.request(model, prompt, True)
        async with self.later.stream("POST", self.url, **request) as reply:
            reply.raise_for_status()
            async for _ in reply.aiter_lines():
                pass


class Httpx2(Httpx):
    def __init__(self, recorder: Recorder, url: str) -> None:
        import httpx2

        super().__init__(recorder, url, httpx2)


class OpenAi:
    def __init__(self, recorder: Recorder, url: str) -> None:
        import openai

        if int(openai.VERSION.partition(".")[0]) < 3:
            library: Any = httpx
        else:
            import httpx2 as library
        now, later = clients_of(library, recorder)
        to: Any = {"api_key": KEY, "base_url": url}
        self.now = openai.OpenAI(http_client=now, **to).chat.completions
        self.later = openai.AsyncOpenAI(http_client=later, **to).chat.completions

    def whole(self, model: str, prompt: str) -> None:
        self.now.create(model=model, messages=messages(prompt))

    def streamed(self, model: str, prompt: str) -> None:
        for _ in self.now.create(model=model, messages=messages(prompt), stream=True):
            pass

    async def awaited(self, model: str, prompt: str) -> None:
        await self.later.create(model=model, messages=messages(prompt))

    async def awaited_stream(self, model: str, prompt: str) -> None:
        arguments: Any = {"model": model, "messages": messages(prompt)}
        async for _ in await self.later.create(**arguments, stream=True):
            pass


def openrouter_sdk(recorder: Recorder, url: str) -> Any:
    import openrouter

    now, later = clients_of(httpx, recorder)
    milliseconds = int(PATIENCE_SECONDS * 1000)
    return openrouter.OpenRouter(
        api_key=KEY, server_url=url, client=now, async_client=later, timeout_ms=milliseconds
    )


class OpenRouter:
    def __init__(self, recorder: Recorder, url: str) -> None:
        self.chat = openrouter_sdk(recorder, url).chat

    def whole(self, model: str, prompt: str) -> None:
        self.chat.send(model=model, messages=messages(prompt))

    def streamed(self, model: str, prompt: str) -> None:
        for _ in self.chat.send(model=model, messages=messages(prompt), stream=True):
            pass

    async def awaited(self, model: str, prompt: str) -> None:
        await self.chat.send_async(model=model, messages=messages(prompt))

    async def awaited_stream(self, model: str, prompt: str) -> None:
        arguments: Any = {"model": model, "messages": messages(prompt)}
        async for _ in await self.chat.send_async(**arguments, stream=True):
            pass


class LangChain:
    def __init__(self, recorder: Recorder, url: str) -> None:
        self.sdk = openrouter_sdk(recorder, url)

    def model(self, name: str) -> Any:
        from langchain_openrouter import ChatOpenRouter  # type: ignore[import-not-found]

        return ChatOpenRouter(model=name, api_key=KEY, client=self.sdk)

    def whole(self, model: str, prompt: str) -> None:
        self.model(model).invoke(prompt)

    def streamed(self, model: str, prompt: str) -> None:
        for _ in self.model(model).stream(prompt):
            pass

    async def awaited(self, model: str, prompt: str) -> None:
        await self.model(model).ainvoke(prompt)

    async def awaited_stream(self, model: str, prompt: str) -> None:
        async for _ in self.model(model).astream(prompt):
            pass


class PydanticAi:
    """Asynchronous throughout: its `run_sync` runs a loop of its own."""

    def __init__(self, recorder: Recorder, url: str) -> None:
        import openai
        from pydantic_ai.providers.openrouter import (  # type: ignore[import-not-found]
            OpenRouterProvider,
        )

        to: Any = {"api_key": KEY, "base_url": url, "http_client": clients_of(httpx, recorder)[1]}
        self.provider = OpenRouterProvider(openai_client=openai.AsyncOpenAI(**to))

    def agent(self, name: str) -> Any:
        from pydantic_ai import Agent  # type: ignore[import-not-found]
        from pydantic_ai.models.openrouter import (  # type: ignore[import-not-found]
            OpenRouterModel,
        )

        return Agent(OpenRouterModel(name, provider=self.provider))

    async def awaited(self, model: str, prompt: str) -> None:
        await self.agent(model).run(prompt)

    async def awaited_stream(self, model: str, prompt: str) -> None:
        async with self.agent(model).run_stream(prompt) as reply:
            async for _ in reply.stream_text():
                pass


class LiteLlm:
    def __init__(self, recorder: Recorder, url: str) -> None:
        from litellm.llms.custom_httpx.http_handler import (  # type: ignore[import-not-found]
            AsyncHTTPHandler,
            HTTPHandler,
        )

        class RecordingHandler(AsyncHTTPHandler):  # type: ignore[misc]
            # It makes itself another client after a lost connection.
            def create_client(self, *_: Any, **__: Any) -> httpx.AsyncClient:
                later: httpx.AsyncClient = clients_of(httpx, recorder)[1]
                return later

        self.now = HTTPHandler(client=clients_of(httpx, recorder)[0])
        self.later = RecordingHandler()
        self.to = {"api_base": url, "api_key": KEY, "timeout": PATIENCE_SECONDS}

    def call(self, model: str, prompt: str) -> dict[str, Any]:
        return {"model": f"openrouter/{model}", "messages": messages(prompt), **self.to}

    def stream(self, model: str, prompt: str) -> dict[str, Any]:
        # Without the usage, it leaves the stream before its last event.
        call = self.call(model, prompt)
        return {**call, "stream": True, "stream_options": {"include_usage": True}}

    def whole(self, model: str, prompt: str) -> None:
        import litellm  # type: ignore[import-not-found]

        litellm.completion(**self.call(model, prompt), client=self.now)

    def streamed(self, model: str, prompt: str) -> None:
        import litellm

        for _ in litellm.completion(**self.stream(model, prompt), client=self.now):
            pass

    async def awaited(self, model: str, prompt: str) -> None:
        import litellm

        await litellm.acompletion(**self.call(model, prompt), client=self.later)

    async def awaited_stream(self, model: str, prompt: str) -> None:
        import litellm

        stream = await litellm.acompletion(**self.stream(model, prompt), client=self.later)
        async for _ in stream:
            pass


CLIENTS: dict[str, Any] = {
    "httpx": Httpx,
    "httpx2": Httpx2,
    "openai": OpenAi,
    "openrouter": OpenRouter,
    "langchain-openrouter": LangChain,
    "pydantic-ai": PydanticAi,
    "litellm": LiteLlm,
}


async def ends(client: Any, case: str) -> str | None:
    """The error that a case ended with; `None` without one."""
    way, _, fault = case.partition(":")
    model = f"{MODEL}#fault={fault}" if fault else MODEL
    try:
        with attribute(ebook_id=case):
            call = getattr(client, way)(model, f"Name a fox, {case}.")
            if asyncio.iscoroutine(call):
                await call
    except Exception as error:
        return type(error).__name__
    return None


async def run_cases(client: Any, cases: list[str]) -> dict[str, str | None]:
    return {case: await ends(client, case) for case in cases}


def client_named(name: str) -> Any:
    if name in CLIENTS:
        return CLIENTS[name]
    from tests.clients.frameworks import FRAMEWORKS

    return FRAMEWORKS[name]


def main() -> None:
    name, *cases = sys.argv[1:]
    with Recorder() as recorder:
        client = client_named(name)(recorder, URL)
        ended = asyncio.run(run_cases(client, cases))
        elsewhere = client_named(name)(recorder, os.environ["ELSEWHERE"])
        way = "whole" if hasattr(client, "whole") else "awaited"
        ended["elsewhere"] = asyncio.run(ends(elsewhere, way))
        if way == "whole":
            with ThreadPoolExecutor(4) as pool:
                for number in range(8):
                    pool.submit(client.whole, MODEL, f"Thread {number}.")
    sys.stdout.write(json.dumps(ended) + "\n")


if __name__ == "__main__":
    main()

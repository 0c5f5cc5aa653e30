"""Further clients, which `make sweep-clients` calls: each takes ours somewhere inside."""

from typing import Any

import httpx

from tests.clients.calls import KEY, PATIENCE_SECONDS, LangChain, clients_of, messages


def clients_of_openai(recorder: Any) -> tuple[Any, Any]:
    """Clients of the library that the installed openai speaks."""
    import openai

    if int(openai.VERSION.partition(".")[0]) < 3:
        return clients_of(httpx, recorder)
    import httpx2

    return clients_of(httpx2, recorder)


class LangChainOpenAi(LangChain):
    def __init__(self, recorder: Any, url: str) -> None:
        now, later = clients_of_openai(recorder)
        self.to = {"base_url": url, "http_client": now, "http_async_client": later}

    def model(self, name: str) -> Any:
        from langchain_openai import ChatOpenAI  # type: ignore[import-not-found]

        return ChatOpenAI(model=name, api_key=KEY, timeout=PATIENCE_SECONDS, **self.to)


class Instructor:
    def __init__(self, recorder: Any, url: str) -> None:
        import instructor  # type: ignore[import-not-found]
        import openai

        now, later = clients_of_openai(recorder)
        to: Any = {"api_key": KEY, "base_url": url}
        self.now = instructor.from_openai(openai.OpenAI(http_client=now, **to)).chat.completions
        awaited = openai.AsyncOpenAI(http_client=later, **to)
        self.later = instructor.from_openai(awaited).chat.completions

    def call(self, model: str, prompt: str) -> dict[str, Any]:
        return {"model": model, "messages": messages(prompt), "response_model": None}

    def whole(self, model: str, prompt: str) -> None:
        self.now.create(**self.call(model, prompt))

    def streamed(self, model: str, prompt: str) -> None:
        for _ in self.now.create(**self.call(model, prompt), stream=True):
            pass

    async def awaited(self, model: str, prompt: str) -> None:
        await self.later.create(**self.call(model, prompt))

    async def awaited_stream(self, model: str, prompt: str) -> None:
        async for _ in await self.later.create(**self.call(model, prompt), stream=True):
            pass


class LlamaIndex:
    def __init__(self, recorder: Any, url: str) -> None:
        now, later = clients_of_openai(recorder)
        self.to = {"api_base": url, "http_client": now, "async_http_client": later}

    def model(self, name: str) -> Any:
        from llama_index.llms.openrouter import OpenRouter  # type: ignore[import-not-found]

        return OpenRouter(model=name, api_key=KEY, timeout=PATIENCE_SECONDS, **self.to)

    def said(self, prompt: str) -> list[Any]:
        from llama_index.core.llms import ChatMessage  # type: ignore[import-not-found]

        return [ChatMessage(role="user", content=prompt)]

    def whole(self, model: str, prompt: str) -> None:
        self.model(model).chat(self.said(prompt))

    def streamed(self, model: str, prompt: str) -> None:
        for _ in self.model(model).stream_chat(self.said(prompt)):
            pass

    async def awaited(self, model: str, prompt: str) -> None:
        await self.model(model).achat(self.said(prompt))

    async def awaited_stream(self, model: str, prompt: str) -> None:
        async for _ in await self.model(model).astream_chat(self.said(prompt)):
            pass


class Agno:
    """Puts a client of httpx2 aside, with openai 3 too, and calls with one of its own."""

    def __init__(self, recorder: Any, url: str) -> None:
        self.now, self.later = clients_of(httpx, recorder)
        self.url = url

    def agent(self, name: str, client: Any) -> Any:
        from agno.agent import Agent  # type: ignore[import-not-found]
        from agno.models.openrouter import OpenRouter  # type: ignore[import-not-found]

        to: Any = {"base_url": self.url, "http_client": client, "timeout": PATIENCE_SECONDS}
        return Agent(model=OpenRouter(id=name, api_key=KEY, **to), telemetry=False)

    def whole(self, model: str, prompt: str) -> None:
        self.agent(model, self.now).run(prompt)

    def streamed(self, model: str, prompt: str) -> None:
        for _ in self.agent(model, self.now).run(prompt, stream=True):
            pass

    async def awaited(self, model: str, prompt: str) -> None:
        await self.agent(model, self.later).arun(prompt)

    async def awaited_stream(self, model: str, prompt: str) -> None:
        async for _ in self.agent(model, self.later).arun(prompt, stream=True):
            pass


class Smolagents:
    """Synchronous only."""

    def __init__(self, recorder: Any, url: str) -> None:
        self.to = {"http_client": clients_of_openai(recorder)[0], "timeout": PATIENCE_SECONDS}
        self.url = url

    def model(self, name: str) -> Any:
        from smolagents import OpenAIModel  # type: ignore[import-not-found]

        return OpenAIModel(model_id=name, api_key=KEY, api_base=self.url, client_kwargs=self.to)

    def said(self, prompt: str) -> list[Any]:
        from smolagents import ChatMessage, MessageRole

        content = [{"type": "text", "text": prompt}]
        return [ChatMessage(role=MessageRole.USER, content=content)]

    def whole(self, model: str, prompt: str) -> None:
        self.model(model).generate(self.said(prompt))

    def streamed(self, model: str, prompt: str) -> None:
        for _ in self.model(model).generate_stream(self.said(prompt)):
            pass


FRAMEWORKS: dict[str, Any] = {
    "agno": Agno,
    "instructor": Instructor,
    "langchain-openai": LangChainOpenAi,
    "llama-index": LlamaIndex,
    "smolagents": Smolagents,
}

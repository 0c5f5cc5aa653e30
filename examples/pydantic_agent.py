"""Pydantic AI: its provider takes an openai client, and that takes our transport."""

import asyncio
import os
import sys

import httpx
import openai
from pydantic_ai import Agent
from pydantic_ai.models.openrouter import OpenRouterModel
from pydantic_ai.providers.openrouter import OpenRouterProvider

from ingest import Recorder, attribute

URL = os.environ.get("OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1")
KEY = os.environ.get("OPENROUTER_API_KEY") or sys.exit("Set OPENROUTER_API_KEY to your key.")


async def main(recorder: Recorder) -> None:
    async with httpx.AsyncClient(transport=recorder.async_transport(), timeout=600) as http:
        client = openai.AsyncOpenAI(api_key=KEY, base_url=URL, http_client=http)
        provider = OpenRouterProvider(openai_client=client)
        agent = Agent(OpenRouterModel("openai/gpt-5-nano", provider=provider))
        with attribute(ebook_id="forest-animals", stage="outline"):
            print((await agent.run("Name a fox.")).output)
            async with agent.run_stream("Name a fox.") as reply:
                async for text in reply.stream_text(delta=True):
                    print(text, end="")


with Recorder() as recorder:
    asyncio.run(main(recorder))

"""The same for asyncio: many calls at once, each one attributed to its own page."""

import asyncio
import os
import sys

import httpx2
import openai

from ingest import Recorder, attribute

URL = os.environ.get("OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1")
KEY = os.environ.get("OPENROUTER_API_KEY") or sys.exit("Set OPENROUTER_API_KEY to your key.")


async def name_an_animal(client: openai.AsyncOpenAI, page_number: int) -> None:
    with attribute(ebook_id="forest-animals", stage="prompts", page_number=page_number):
        ask = [{"role": "user", "content": f"Name an animal for page {page_number}."}]
        reply = await client.chat.completions.create(model="openai/gpt-5-nano", messages=ask)
        print(page_number, reply.choices[0].message.content)


async def main() -> None:
    with Recorder() as recorder:
        async with httpx2.AsyncClient(transport=recorder.async_transport()) as http:
            client = openai.AsyncOpenAI(api_key=KEY, base_url=URL, http_client=http)
            await asyncio.gather(*(name_an_animal(client, page) for page in range(1, 5)))


asyncio.run(main())

"""LangChain: its model for OpenRouter takes the official SDK, and that takes our transport."""

import os
import sys

import httpx
import openrouter
from langchain_openrouter import ChatOpenRouter

from ingest import Recorder, attribute

URL = os.environ.get("OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1")
KEY = os.environ.get("OPENROUTER_API_KEY") or sys.exit("Set OPENROUTER_API_KEY to your key.")

with Recorder() as recorder, httpx.Client(transport=recorder.transport(), timeout=600) as http:
    sdk = openrouter.OpenRouter(api_key=KEY, server_url=URL, client=http)
    model = ChatOpenRouter(model="openai/gpt-5-nano", api_key=KEY, client=sdk)
    with attribute(ebook_id="forest-animals", stage="outline"):
        print(model.invoke("Name a fox.").content)
        for chunk in model.stream("Name a fox."):
            print(chunk.content, end="")

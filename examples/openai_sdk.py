"""openai 3.x speaks httpx2; with openai 2.x it is httpx, and nothing else changes."""

import os
import sys

import httpx2
import openai

from ingest import Recorder, attribute

URL = os.environ.get("OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1")
KEY = os.environ.get("OPENROUTER_API_KEY") or sys.exit("Set OPENROUTER_API_KEY to your key.")
call = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": "Name a fox."}]}

with Recorder() as recorder, httpx2.Client(transport=recorder.transport()) as http:
    client = openai.OpenAI(api_key=KEY, base_url=URL, http_client=http)
    with attribute(ebook_id="forest-animals", stage="outline"):
        print(client.chat.completions.create(**call).choices[0].message.content)
        for chunk in client.chat.completions.create(**call, stream=True):
            print(chunk.choices[0].delta.content if chunk.choices else "", end="")

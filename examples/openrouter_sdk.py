"""OpenRouter's own SDK. It repeats failed calls by itself: each repetition is an attempt."""

import os
import sys

import httpx
import openrouter

from ingest import Recorder, attribute

URL = os.environ.get("OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1")
KEY = os.environ.get("OPENROUTER_API_KEY") or sys.exit("Set OPENROUTER_API_KEY to your key.")
call = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": "Name a fox."}]}

with Recorder() as recorder, httpx.Client(transport=recorder.transport(), timeout=600) as http:
    with openrouter.OpenRouter(api_key=KEY, server_url=URL, client=http) as sdk:
        with attribute(ebook_id="forest-animals", stage="outline"):
            print(sdk.chat.send(**call).choices[0].message.content)
            for event in sdk.chat.send(**call, stream=True):
                print(event.choices[0].delta.content if event.choices else "", end="")

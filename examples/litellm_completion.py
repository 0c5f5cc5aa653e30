"""LiteLLM: one call at a time takes a client, and that takes our transport."""

import os
import sys

import httpx
import litellm
from litellm.llms.custom_httpx.http_handler import HTTPHandler

from ingest import Recorder, attribute

URL = os.environ.get("OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1")
KEY = os.environ.get("OPENROUTER_API_KEY") or sys.exit("Set OPENROUTER_API_KEY to your key.")
call = {
    "model": "openrouter/openai/gpt-5-nano",
    "messages": [{"role": "user", "content": "Name a fox."}],
    "api_base": URL,
    "api_key": KEY,
}

with Recorder() as recorder, httpx.Client(transport=recorder.transport(), timeout=600) as http:
    # Without the usage, LiteLLM leaves the stream before its cost came.
    streamed = {"stream": True, "stream_options": {"include_usage": True}}
    handler = HTTPHandler(client=http)
    with attribute(ebook_id="forest-animals", stage="outline"):
        print(litellm.completion(**call, client=handler).choices[0].message.content)
        for chunk in litellm.completion(**call, client=handler, **streamed):
            print(chunk.choices[0].delta.content or "", end="")

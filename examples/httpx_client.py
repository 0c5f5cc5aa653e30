"""Your own httpx client, streamed: leave it as it is and give it the recorder's transport."""

import os
import sys

import httpx

from ingest import Recorder, attribute

URL = os.environ.get("OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1")
KEY = os.environ.get("OPENROUTER_API_KEY") or sys.exit("Set OPENROUTER_API_KEY to your key.")
headers = {"Authorization": f"Bearer {KEY}"}
call = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": "Name a fox."}]}

with Recorder() as recorder, httpx.Client(transport=recorder.transport(), timeout=600) as client:
    with attribute(ebook_id="forest-animals", stage="outline"):
        client.post(f"{URL}/chat/completions", json=call, headers=headers)
        body = {**call, "stream": True}
        with client.stream("POST", f"{URL}/chat/completions", json=body, headers=headers) as reply:
            print(sum(len(line) for line in reply.iter_lines()))

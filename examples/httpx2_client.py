"""httpx's successor: the same transport serves it."""

import os
import sys

import httpx2

from ingest import Recorder, attribute

URL = os.environ.get("OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1") + "/chat/completions"
KEY = os.environ.get("OPENROUTER_API_KEY") or sys.exit("Set OPENROUTER_API_KEY to your key.")
key = {"Authorization": f"Bearer {KEY}"}
call = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": "Name a fox."}]}

with Recorder() as recorder, httpx2.Client(transport=recorder.transport(), timeout=600) as http:
    with attribute(ebook_id="forest-animals", stage="outline"):
        print(http.post(URL, json=call, headers=key).json()["choices"][0]["message"]["content"])
        with http.stream("POST", URL, json={**call, "stream": True}, headers=key) as reply:
            for line in reply.iter_lines():
                print(line)

"""One request to each endpoint, as its users send it: whole and, where there are such, streamed."""

import base64
from typing import Any, NamedTuple

from tests.simulator.exchanges import CLAUDE, FLASH_IMAGE

TEXT = "Write an outline about otters"
SOUND = bytes(range(256)) * 200


class Asked(NamedTuple):
    """A path and what is posted to it, in httpx's own words."""

    path: str
    content: dict[str, Any]

    @property
    def is_streamed(self) -> bool:
        return bool(self.content.get("json", {}).get("stream"))

    def marked(self, mark: str) -> "Asked":
        """The same with a mark that changes nothing, so that nobody has sent it before."""
        kind = "json" if "json" in self.content else "data"
        return Asked(self.path, self.content | {kind: self.content[kind] | {"trace": mark}})


def _json(path: str, **body: object) -> Asked:
    return Asked(path, {"json": body})


_MESSAGES = [{"role": "user", "content": TEXT}]
_BATCH = [
    {"custom_id": name, "body": {"messages": [{"role": "user", "content": f"{TEXT}, {name}"}]}}
    for name in ("first", "second")
]

WHOLE = {
    "chat": _json("/chat/completions", model=CLAUDE, messages=_MESSAGES),
    "chat image": _json(
        "/chat/completions", model=FLASH_IMAGE, messages=_MESSAGES, modalities=["image", "text"]
    ),
    "responses": _json("/responses", model=CLAUDE, input=TEXT),
    "messages": _json("/messages", model=CLAUDE, max_tokens=800, messages=_MESSAGES),
    "images": _json("/images", model="black-forest-labs/flux.2-pro", prompt=TEXT),
    "embeddings": _json("/embeddings", model="qwen/qwen3-embedding-4b", input=TEXT),
    "rerank": _json("/rerank", model="cohere/rerank-v3.5", query="an otter", documents=["a", "b"]),
    "speech": _json("/audio/speech", model="openai/gpt-4o-mini-tts", input=TEXT, voice="alloy"),
    "transcription": _json(
        "/audio/transcriptions",
        model="openai/whisper-1",
        input_audio={"data": base64.b64encode(SOUND).decode(), "format": "wav"},
    ),
    "transcription of a file": Asked(
        "/audio/transcriptions",
        {"data": {"model": "openai/whisper-1"}, "files": {"file": ("otter.wav", SOUND)}},
    ),
    "videos": _json("/videos", model="google/veo-3.1", prompt=TEXT, duration=4),
    "batches": _json("/batches", model=CLAUDE, endpoint="/v1/chat/completions", requests=_BATCH),
}
STREAMED = {
    f"{name} streamed": Asked(asked.path, {"json": asked.content["json"] | {"stream": True}})
    for name, asked in WHOLE.items()
    if name in ("chat", "chat image", "responses", "messages", "images")
}
ENDPOINTS = WHOLE | STREAMED
JOBS = ("videos", "batches")

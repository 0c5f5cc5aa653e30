"""How much a request says: bytes of its text, and tokens of the files inside it."""

from collections.abc import Mapping
from typing import Any

import msgspec

MEDIA_BYTES_PER_TOKEN = 16
"""Of a sound or a film as base64: speech in 6 kbit/s, at 32 tokens a second, has 31."""
FILE_BYTES_PER_TOKEN = 2
"""Of a PDF or the like as base64: a page of plain text that is also looked at has about two."""
FILE_TOKENS = 400_000
"""At most for one file: a hundred pages, each read and looked at."""
_FILE = "data:"
_MEDIA_TYPES = ("media_type", "mime_type")


class Said(msgspec.Struct):
    """What a request says; of images nothing, which are counted as such."""

    text_bytes: int = 0
    """Of every text inside, names of fields too: a token is at least one."""
    media_tokens: int = 0
    has_sound: bool = False


def said_in(document: Mapping[str, Any], content_bytes: int) -> Said:
    """Measure a request's body of so many bytes, which count where it is nested without end."""
    said = Said()
    try:
        _add(said, document)
    except RecursionError:
        return Said(text_bytes=content_bytes)
    return said


def _add(said: Said, value: object) -> None:
    if isinstance(value, str):
        if value.startswith(_FILE) and ";base64," in value[:200]:
            _add_file(said, value, value[len(_FILE) :])
        else:
            said.text_bytes += len(value.encode(errors="replace"))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            said.text_bytes += len(name.encode(errors="replace"))
            _add_item(said, value, name, item)
    elif isinstance(value, list):
        for item in value:
            _add(said, item)
    else:
        said.text_bytes += 1 + len(str(value))


def _add_item(said: Said, holder: Mapping[str, Any], name: str, item: object) -> None:
    if name == "data" and isinstance(item, str):
        # Of /messages: `{"media_type": "image/png", "data": "…"}`; of chat: `input_audio`.
        media = next((holder[each] for each in _MEDIA_TYPES if each in holder), None)
        if isinstance(media, str) and not media.startswith("text/"):
            return _add_file(said, item, media)
        if media is None and "format" in holder:
            return _add_file(said, item, "audio")
    return _add(said, item)


def _add_file(said: Said, content: str, media_type: str) -> None:
    if media_type.startswith(("audio", "video")):
        said.media_tokens += len(content) // MEDIA_BYTES_PER_TOKEN
        said.has_sound = said.has_sound or media_type.startswith("audio")
    elif not media_type.startswith("image/"):
        said.media_tokens += min(len(content) // FILE_BYTES_PER_TOKEN, FILE_TOKENS)

"""Images: how many a request shows and how many a reply has drawn. Never the images themselves."""

from collections.abc import Iterable, Mapping
from typing import Any

from ingest.wire.documents import (
    Anything,
    Choice,
    Datum,
    Document,
    Message,
    Output,
    is_said,
    part,
    parts,
    text,
)

_SHOWN = ("image_url", "input_image", "image")
"""A part of a message that is an image: of chat and embeddings, of responses, of messages."""
_MESSAGES = ("messages", "input")
_REFERENCES = ("input_references", "frame_images")
_DEEPEST = 5
"""A message, a tool's result, the result's own parts; what is nested deeper shows nothing."""


def images_shown(document: Mapping[str, Any]) -> int:
    """How many images the body of a request of any endpoint shows to the model."""
    count = 0
    for name in _MESSAGES:
        count += _shown(document.get(name), _DEEPEST)
    for name in _REFERENCES:
        images = document.get(name)
        count += len(images) if isinstance(images, list) else 0
    return count


def images_drawn(document: Document, choices: Iterable[Choice]) -> int:
    """How many images a reply, or one event of it, brings; partial ones are none."""
    count = sum(map(_in_choice, choices))
    if len(document.data):
        count += sum(map(_is_image, parts(document.data, Datum)))
    if len(document.output):
        count += sum(map(_is_drawn, parts(document.output, Output)))
    if len(document.type):
        count += text(document.type) == "image_generation.completed"
    return count


def _shown(items: object, depth: int) -> int:
    if not isinstance(items, list) or not depth:
        return 0
    count = 0
    for item in items:
        if isinstance(item, dict):
            if item.get("type") in _SHOWN:
                count += 1
                continue
            count += _shown(item.get("content"), depth - 1)
            count += _shown(item.get("output"), depth - 1)
    return count


def _in_choice(choice: Choice) -> int:
    message = part(choice.message, Message) or part(choice.delta, Message)
    if message is None or not len(message.images):
        return 0
    return len(parts(message.images, Anything))


def _is_image(item: Datum) -> bool:
    return is_said(item.b64_json) or is_said(item.url)


def _is_drawn(output: Output) -> bool:
    return text(output.type) == "image_generation_call" and is_said(output.result)

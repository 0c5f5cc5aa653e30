"""Images: how many a request shows and how many a reply has drawn. Never the images themselves."""

from collections.abc import Iterable, Iterator, Mapping
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
from ingest.wire.fields import object_list

_SHOWN = ("image_url", "input_image", "image")
"""A part of a message that is an image: of chat and embeddings, of responses, of messages."""
_MESSAGES = ("messages", "input")
_REFERENCES = ("input_references", "frame_images")
_DEEPEST = 4
"""A message, a tool's result, the result's own parts; what is nested deeper shows nothing."""


def images_shown(document: Mapping[str, Any]) -> int:
    """How many images the body of a request of any endpoint shows to the model."""
    references = [document.get(name) for name in _REFERENCES]
    listed = sum(len(images) for images in references if isinstance(images, list))
    return listed + sum(1 for name in _MESSAGES for _ in _shown(document.get(name), _DEEPEST))


def images_drawn(document: Document, choices: Iterable[Choice]) -> int:
    """How many images a reply, or one event of it, brings; partial ones are none."""
    through_chat = sum(_in_choice(choice) for choice in choices)
    listed = sum(map(_is_image, parts(document.data, Datum))) if len(document.data) else 0
    is_one = len(document.type) > 0 and text(document.type) == "image_generation.completed"
    drawn = parts(document.output, Output) if len(document.output) else ()
    by_a_tool = sum(
        text(output.type) == "image_generation_call" and is_said(output.result) for output in drawn
    )
    return through_chat + listed + is_one + by_a_tool


def _shown(items: object, depth: int) -> Iterator[object]:
    for item in object_list(items):
        if item.get("type") in _SHOWN:
            yield item
        elif depth:
            yield from _shown(item.get("content"), depth - 1)
            yield from _shown(item.get("output"), depth - 1)


def _in_choice(choice: Choice) -> int:
    message = part(choice.message, Message) or part(choice.delta, Message)
    if message is None or not len(message.images):
        return 0
    return len(parts(message.images, Anything))


def _is_image(item: Datum) -> bool:
    return is_said(item.b64_json) or is_said(item.url)

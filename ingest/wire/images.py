"""Images: how many a request shows and how many a reply has drawn. Never the images themselves."""

from collections.abc import Iterable

from msgspec import Raw

from ingest.wire.documents import is_said, read_list
from ingest.wire.shapes import Anything, Choice, Content, Datum, Document, Output, Request

_SHOWN = ("image_url", "input_image", "image")
"""A part of a message that is an image: of chat and embeddings, of responses, of messages."""
_DEEPEST = 5
"""A message, a tool's result, the result's own parts; what is nested deeper shows nothing."""


def images_shown(asked: Request) -> int:
    """How many images the body of a request of any endpoint shows to the model."""
    count = 0
    for source in (asked.messages, asked.input):
        if source:
            count += _shown(source, _DEEPEST)
    for references in (asked.input_references, asked.frame_images):
        if references:
            count += len(read_list(references, Raw))
    return count


def images_drawn(document: Document, choices: Iterable[Choice]) -> int:
    """How many images a reply, or one event of it, brings; partial ones are none."""
    count = int(document.type == "image_generation.completed")
    for choice in choices:
        message = choice.message or choice.delta
        if message is not None and message.images:
            count += len(read_list(message.images, Anything))
    if document.data:
        count += sum(map(_is_image, read_list(document.data, Datum)))
    if document.output:
        count += sum(map(_is_drawn, read_list(document.output, Output)))
    return count


def _shown(source: Raw, depth: int) -> int:
    # Most messages show none, and are not looked through.
    if not depth or not source or b"image" not in bytes(source):
        return 0
    return sum(_shown_in(item, depth - 1) for item in read_list(source, Content))


def _shown_in(item: Content, depth: int) -> int:
    if item.type in _SHOWN:
        return 1
    return _shown(item.content, depth) + _shown(item.output, depth)


def _is_image(item: Datum) -> bool:
    return is_said(item.b64_json) or is_said(item.url)


def _is_drawn(output: Output) -> bool:
    return output.type == "image_generation_call" and is_said(output.result)

"""What a reply says: who served it, what it used, how it ended. Nothing else of it is kept."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from ingest.money import loads
from ingest.wire.documents import (
    Anything,
    Choice,
    Datum,
    Document,
    Message,
    is_said,
    part,
    parts,
    read_document,
    text,
)
from ingest.wire.fields import object_field, provider_field, token_field, word_field
from ingest.wire.usage import Usage, read_usage
from ingest.wire.usage_text import without_unknown_texts

_LAST_EVENTS = {"message_stop", "response.completed", "response.failed", "response.incomplete"}
_STATE = rb"usage|error|images|type|stop_reason|data|response|message"
_SAYS_STATE = re.compile(rb'"(?:' + _STATE + rb')"')
_SAYS_MORE = re.compile(
    rb'"(?:finish_reason"\s*:(?!\s*null)|(?:id|generation_id|model|provider|' + _STATE + rb')")'
)
"""What an event must hold to say more than the one before it; text that looks so does no harm."""


@dataclass
class ReplyFacts:
    """What a reply has told so far; `None` where it has not."""

    generation_id: str | None = None
    served_model: str | None = None
    provider_name: str | None = None
    finish_reason: str | None = None
    error_type: str | None = None
    """OpenRouter's word for what went wrong; set if and only if the reply carries an error."""
    output_image_count: int | None = None
    usage: Usage | None = None
    usage_json: str | None = None
    """The usage object as it came, but for texts in fields that are not known."""
    is_whole: bool | None = False
    """Whether the reply came to its own end; `None` if it is whole when nothing cut it short."""
    _known_head: bytes = field(default=b"", compare=False, repr=False)

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> Self:
        """What is known before the body: of a killed call it is all that ever will be."""
        return cls(
            generation_id=token_field(headers.get("x-generation-id")),
            provider_name=provider_field(headers.get("x-provider-name")),
        )

    def learn(self, body: bytes) -> bool:
        """Take over what a JSON body, or an event of a stream, says; `False` if it is no object."""
        document = read_document(body)
        if document is None:
            return False
        self._learn(document)
        return True

    def learn_event(self, event: bytes) -> None:
        """Take over what an event of a stream says; most say what the one before said, and text."""
        head = self._known_head
        if head and event.startswith(head) and not _SAYS_MORE.search(event, len(head)):
            return
        self.learn(event)
        before_choices, is_chat, _ = event.partition(b'"choices":')
        # Nothing but names: what was learned of them is learned.
        is_plain = is_chat and not _SAYS_STATE.search(before_choices)
        self._known_head = before_choices if is_plain else b""

    def learn_error(self, error: object) -> None:
        """Take over the word of an error, never its message: that may quote the prompt."""
        self.error_type = _error_word(error)

    def _learn(self, document: Document) -> None:
        self._learn_names(document)
        choices = parts(document.choices, Choice)
        self._learn_end(document, choices)
        self._learn_images(document, choices)
        if is_said(document.usage):
            self._learn_usage(bytes(document.usage).decode(errors="replace"))
        for nested in (document.response, document.message):
            # `/responses` and `/messages` stream their state one level down.
            if len(nested) and (inner := part(nested, Document)) is not None:
                self._learn(inner)

    def _learn_names(self, document: Document) -> None:
        if self.generation_id is None:
            name = text(document.generation_id) or text(document.id)
            is_known = name is not None and (name.startswith("gen-") or _is_job(document))
            self.generation_id = token_field(name) if is_known else None
        if self.served_model is None or len(document.model):
            self.served_model = token_field(text(document.model)) or self.served_model
        if self.provider_name is None or len(document.provider):
            self.provider_name = provider_field(text(document.provider)) or self.provider_name

    def _learn_end(self, document: Document, choices: list[Choice]) -> None:
        for reason in (document.stop_reason, *[choice.finish_reason for choice in choices]):
            if is_said(reason):
                self.finish_reason = word_field(text(reason)) or self.finish_reason
        for error in (document.error, *[choice.error for choice in choices]):
            if is_said(error) and (value := _value(bytes(error).decode(errors="replace"))):
                self.learn_error(value)
        if self.finish_reason == "error":
            self.error_type = self.error_type or "error"
        self.is_whole = self.is_whole or (
            len(document.type) > 0 and text(document.type) in _LAST_EVENTS
        )

    def _learn_images(self, document: Document, choices: Iterable[Choice]) -> None:
        count = 0
        for choice in choices:
            message = part(choice.message, Message) or part(choice.delta, Message)
            if message is not None and len(message.images):
                count += len(parts(message.images, Anything))
        if len(document.data):
            count += sum(len(item.b64_json) > 0 for item in parts(document.data, Datum))
        count += len(document.type) > 0 and text(document.type) == "image_generation.completed"
        if count:
            self.output_image_count = (self.output_image_count or 0) + count

    def _learn_usage(self, source: str) -> None:
        usage = _value(source)
        if isinstance(usage, dict):
            self.usage = read_usage(usage).over(self.usage)
            self.usage_json = without_unknown_texts(source)


def _is_job(document: Document) -> bool:
    """Whether the reply is a video or a batch to come, whose cost is told under its own id."""
    return len(document.polling_url) > 0 or text(document.object) == "batch"


def _value(source: str) -> Any:
    """A piece of JSON with `Decimal` for every non-integer number, `None` for what is none."""
    try:
        return loads(source)
    except ValueError:
        return None


def _error_word(error: object) -> str:
    """A word, never the message: that may quote the prompt."""
    words = object_field(error)
    metadata = object_field(words.get("metadata"))
    for word in (metadata.get("error_type"), *map(words.get, ("error_type", "type", "code"))):
        if (known := word_field(word)) is not None:
            return known
    return "error"

"""What a reply says: who served it, what it used, how it ended. Nothing else of it is kept."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from msgspec import Raw

from ingest.money import loads
from ingest.wire.documents import (
    Anything,
    Choice,
    Datum,
    Document,
    is_said,
    read,
    read_document,
    read_list,
)
from ingest.wire.fields import object_field, writable
from ingest.wire.usage import Usage, read_usage

_WORD = re.compile(r"[\w.:-]{1,64}\Z")
_LAST_EVENTS = {"message_stop", "response.completed", "response.failed", "response.incomplete"}
_STATE = rb"usage|error|images|type|stop_reason|data|response|message"
_SAYS_STATE = re.compile(rb'"(?:' + _STATE + rb')"')
_SAYS_MORE = re.compile(
    rb'"(?:finish_reason"\s*:(?!\s*null)|(?:id|generation_id|model|provider|'
    + _STATE
    + rb')")|\[DONE\]'
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
    """The usage object as it came."""
    is_whole: bool | None = False
    """Whether the reply came to its own end; `None` if it is whole when nothing cut it short."""
    _known_head: bytes = field(default=b"", compare=False, repr=False)

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> Self:
        """What is known before the body: of a killed call it is all that ever will be."""
        return cls(
            generation_id=headers.get("x-generation-id") or None,
            provider_name=headers.get("x-provider-name") or None,
        )

    def learn(self, body: bytes) -> bool:
        """Take over what a JSON body, or an event of a stream, says; `False` if it is no object."""
        document = read_document(body, Document)
        if document is None:
            return False
        self._learn(document)
        return True

    def learn_event(self, event: bytes) -> None:
        """Take over what an event of a stream says; most say what the one before said, and text."""
        if self.knows(event):
            return
        self.learn(event)
        before_choices, is_chat, _ = event.partition(b'"choices":')
        # Nothing but names: what was learned of them is learned.
        is_plain = is_chat and not _SAYS_STATE.search(before_choices)
        self._known_head = before_choices if is_plain else b""

    def knows(self, source: bytes, begin: int = 0) -> bool:
        """Whether what begins there is an event that says what the one before said, and text.

        So do all events that follow in the same chunk: one with names would be seen.
        """
        head = self._known_head
        if not head or not source.startswith(head, begin):
            return False
        return _SAYS_MORE.search(source, begin + len(head)) is None

    def learn_error(self, error: object) -> None:
        """Take over the word of an error, never its message: that may quote the prompt."""
        self.error_type = _error_word(error)

    def _learn(self, document: Document) -> None:
        self._learn_names(document)
        choices = document.choices or ()
        self._learn_end(document, choices)
        self._learn_images(document, choices)
        if is_said(document.usage):
            self._learn_usage(document.usage)
        for nested in (document.response, document.message):
            # `/responses` and `/messages` stream their state one level down.
            if len(nested) and (inner := read(nested, Document)) is not None:
                self._learn(inner)

    def _learn_names(self, document: Document) -> None:
        if self.generation_id is None:
            name = writable(document.generation_id) or writable(document.id)
            is_known = name is not None and (name.startswith("gen-") or _is_job(document))
            self.generation_id = name if is_known else None
        self.served_model = writable(document.model) or self.served_model
        self.provider_name = writable(document.provider) or self.provider_name

    def _learn_end(self, document: Document, choices: Iterable[Choice]) -> None:
        for reason in (document.stop_reason, *[choice.finish_reason for choice in choices]):
            self.finish_reason = writable(reason) or self.finish_reason
        for error in (document.error, *[choice.error for choice in choices]):
            if is_said(error) and (value := _value(bytes(error))):
                self.learn_error(value)
        if self.finish_reason == "error":
            self.error_type = self.error_type or "error"
        self.is_whole = self.is_whole or document.type in _LAST_EVENTS

    def _learn_images(self, document: Document, choices: Iterable[Choice]) -> None:
        count = int(document.type == "image_generation.completed")
        for choice in choices:
            message = choice.message or choice.delta
            if message is not None and len(message.images):
                count += len(read_list(message.images, Anything))
        if len(document.data):
            count += sum(len(item.b64_json) > 0 for item in read_list(document.data, Datum))
        if count:
            self.output_image_count = (self.output_image_count or 0) + count

    def _learn_usage(self, source: Raw) -> None:
        usage = read_usage(source)
        if usage is not None:
            self.usage = usage.over(self.usage)
            self.usage_json = bytes(source).decode(errors="replace")


def _is_job(document: Document) -> bool:
    """Whether the reply is a video or a batch to come, whose cost is told under its own id."""
    return len(document.polling_url) > 0 or document.object == "batch"


def _value(source: bytes) -> Any:
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
        if isinstance(word, str | int) and _WORD.match(str(word)):
            return str(word)
    return "error"

"""What a reply says: who served it, what it used, how it ended. Nothing else of it is kept."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from msgspec import Raw

from ingest.money import loads
from ingest.wire.documents import is_object, is_said, read, read_document
from ingest.wire.fields import (
    model_field,
    object_field,
    provider_field,
    token_field,
    word_field,
)
from ingest.wire.headers import header_text
from ingest.wire.images import images_drawn
from ingest.wire.items import items_in
from ingest.wire.shapes import Choice, Document, UsageDocument
from ingest.wire.usage import Usage, usage_of
from ingest.wire.usage_text import without_unknown_texts

_OWN_ID = re.compile(r"(?:[a-z]+_)?(gen-.+)")
"""`/responses` writes it as `resp_gen-…` for some models; `/generation` knows it without."""
_LAST_EVENTS = {"message_stop", "response.completed", "response.failed", "response.incomplete"}
_ERROR_EVENTS = {"error", "response.error"}
_ENDS = {"completed", "incomplete", "failed", "cancelled"}
"""What `/responses` says instead of a reason to finish."""
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
    """The usage object as it came, but for texts in fields that are not known."""
    items_json: str | None = None
    """Of a batch: what `items_in` makes of its results."""
    is_whole: bool | None = False
    """Whether the reply came to its own end; `None` if it is whole when nothing cut it short."""
    _said: UsageDocument | None = field(default=None, compare=False, repr=False)
    _known_head: bytes = field(default=b"", compare=False, repr=False)

    @classmethod
    def from_headers(cls, headers: Mapping[bytes, bytes]) -> Self:
        """What is known before the body: of a killed call it is all that ever will be."""
        facts = cls()
        if (generation_id := headers.get(b"x-generation-id")) is not None:
            facts.generation_id = token_field(header_text(generation_id))
        if (provider_name := headers.get(b"x-provider-name")) is not None:
            facts.provider_name = provider_field(header_text(provider_name))
        return facts

    def learn(self, body: bytes) -> bool:
        """Take over what a JSON body, or an event of a stream, says; `False` if it is no object."""
        document = read_document(body, Document)
        if document is None:
            return False
        self._learn(document)
        return True

    def learn_event(self, event: bytes) -> bool:
        """Take over what an event of a stream says; most say what the one before said, and text.

        `False` if it is no object.
        """
        if self.knows(event):
            return True
        is_read = self.learn(event)
        before_choices, is_chat, _ = event.partition(b'"choices":')
        # Nothing but names: what was learned of them is learned.
        is_plain = is_chat and not _SAYS_STATE.search(before_choices)
        self._known_head = before_choices if is_plain else b""
        return is_read

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
        if count := images_drawn(document, choices):
            self.output_image_count = (self.output_image_count or 0) + count
        if document.usage and is_said(document.usage):
            self._learn_usage(document)
        if document.object == "batch" and is_said(document.results):
            self.items_json = items_in(document.results)
        for nested in (document.response, document.message, document.delta):
            # `/responses` and `/messages` stream their state one level down.
            if nested and is_object(nested) and (inner := read(nested, Document)) is not None:
                self._learn(inner)

    def _learn_names(self, document: Document) -> None:
        if self.generation_id is None:
            self.generation_id = _generation_id(document)
        self.served_model = model_field(document.model) or self.served_model
        self.provider_name = provider_field(document.provider) or self.provider_name

    def _learn_end(self, document: Document, choices: Iterable[Choice]) -> None:
        self._learn_reason(document.stop_reason, document.error)
        for choice in choices:
            self._learn_reason(choice.finish_reason, choice.error)
        if document.type in _ERROR_EVENTS and self.error_type is None:
            self.learn_error({"code": _value(document.code)})
        if document.status is not None:
            self._learn_response(document)
        if self.finish_reason == "error":
            self.error_type = self.error_type or "error"
        self.is_whole = self.is_whole or document.type in _LAST_EVENTS

    def _learn_reason(self, reason: str | None, error: Raw) -> None:
        if reason is not None:
            self.finish_reason = word_field(reason) or self.finish_reason
        if error and is_said(error) and (value := _value(error)):
            self.learn_error(value)

    def _learn_response(self, document: Document) -> None:
        """How `/responses` ended; its own codes of errors tell less than the word beside them."""
        status, why = document.status, document.incomplete_details
        if document.object not in (None, "response") or status not in _ENDS:
            return
        self.finish_reason = (word_field(why.reason) if why is not None else None) or status
        if status == "failed":
            word = document.error_type
            self.error_type = _error_word({"code": word}) if word else self.error_type or "error"

    def _learn_usage(self, document: Document) -> None:
        usage = read(document.usage, UsageDocument)
        if usage is None:
            return
        if self._said is not None:
            # `/messages` tells the cached part of its input once, at the beginning of a stream.
            usage = usage.over(self._said)
        self._said = usage
        told = usage_of(usage)
        self.usage = told if self.usage is None else told.over(self.usage)
        self.usage_json = without_unknown_texts(str(document.usage, "utf-8", "replace"))
        metadata = document.openrouter_metadata
        if self.usage.is_byok is None and metadata is not None:
            # The router has the last word where the usage of tools is silent.
            self.usage = self.usage._replace(is_byok=metadata.is_byok)


def _generation_id(document: Document) -> str | None:
    """OpenRouter's own name of it: a provider's names no record, and need not be the only one."""
    is_job = len(document.polling_url) > 0 or document.object == "batch"
    for name in map(token_field, (document.generation_id, document.id, document.request_id)):
        if name is not None and is_job:
            # A video or a batch to come, whose cost is told under its own id.
            return name
        if name is not None and (own := _OWN_ID.fullmatch(name)):
            return own[1]
    return None


def _value(source: Raw) -> Any:
    """A piece of JSON with `Decimal` for every non-integer number, `None` for what is none."""
    try:
        return loads(bytes(source))
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

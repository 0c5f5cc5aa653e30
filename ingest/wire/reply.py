"""What a reply says: who served it, what it used, how it ended. Nothing else of it is kept."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Self

import httpx

from ingest.wire.fields import object_field, object_list, text_field
from ingest.wire.usage import Usage, read_usage

_USAGE_KEY = re.compile(r'"usage"\s*:\s*')
_WORD = re.compile(r"[\w.:-]{1,64}\Z")
_LAST_EVENTS = {"message_stop", "response.completed", "response.failed", "response.incomplete"}


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

    @classmethod
    def from_headers(cls, headers: httpx.Headers) -> Self:
        """What is known before the body: of a killed call it is all that ever will be."""
        return cls(
            generation_id=headers.get("x-generation-id") or None,
            provider_name=headers.get("x-provider-name") or None,
        )

    def learn(self, document: Mapping[str, Any], text: str = "") -> None:
        """Take over what one JSON body, or one chunk of a stream, says; `text` is its source."""
        self._learn_names(document)
        self._learn_end(document)
        self._learn_error(document)
        self._learn_images(document)
        if isinstance(document.get("usage"), dict):
            self.usage = _merge(self.usage, read_usage(document["usage"]))
            self.usage_json = _source_of(document["usage"], text) or self.usage_json
        for nested in ("response", "message"):
            # `/responses` and `/messages` stream their state one level down.
            if isinstance(document.get(nested), dict):
                self.learn(document[nested], text)

    def _learn_names(self, document: Mapping[str, Any]) -> None:
        generation_id = text_field(document.get("generation_id") or document.get("id"))
        if generation_id is not None and generation_id.startswith("gen-"):
            self.generation_id = self.generation_id or generation_id
        self.served_model = text_field(document.get("model")) or self.served_model
        self.provider_name = text_field(document.get("provider")) or self.provider_name

    def _learn_end(self, document: Mapping[str, Any]) -> None:
        choices = object_list(document.get("choices"))
        reasons = [
            document.get("stop_reason"),
            *(choice.get("finish_reason") for choice in choices),
        ]
        for reason in reasons:
            self.finish_reason = text_field(reason) or self.finish_reason
        self.is_whole = self.is_whole or document.get("type") in _LAST_EVENTS

    def _learn_error(self, document: Mapping[str, Any]) -> None:
        for part in (document, *object_list(document.get("choices"))):
            if part.get("error"):
                self.error_type = _error_word(part["error"])
        if self.finish_reason == "error":
            self.error_type = self.error_type or "error"

    def _learn_images(self, document: Mapping[str, Any]) -> None:
        choices = object_list(document.get("choices"))
        messages = [
            object_field(choice.get("message") or choice.get("delta")) for choice in choices
        ]
        count = sum(len(object_list(message.get("images"))) for message in messages)
        count += sum("b64_json" in item for item in object_list(document.get("data")))
        count += document.get("type") == "image_generation.completed"
        if count:
            self.output_image_count = (self.output_image_count or 0) + count


def _merge(known: Usage | None, said: Usage) -> Usage:
    if known is None:
        return said
    pairs = ((field.name, getattr(said, field.name)) for field in fields(Usage))
    return Usage(
        **{name: getattr(known, name) if value is None else value for name, value in pairs}
    )


def _source_of(usage: Mapping[str, Any], text: str) -> str | None:
    """The piece of `text` that `usage` was parsed from, digit for digit."""
    decoder = json.JSONDecoder(parse_float=Decimal)
    for match in reversed(list(_USAGE_KEY.finditer(text))):
        try:
            candidate, end = decoder.raw_decode(text, match.end())
        except ValueError:
            continue
        if candidate == usage:
            return text[match.end() : end]
    return None


def _error_word(error: object) -> str:
    """A word, never the message: that may quote the prompt."""
    words = object_field(error)
    metadata = object_field(words.get("metadata"))
    for word in (metadata.get("error_type"), *map(words.get, ("error_type", "type", "code"))):
        if isinstance(word, str | int) and _WORD.match(str(word)):
            return str(word)
    return "error"

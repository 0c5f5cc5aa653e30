"""Fields of a JSON document that anybody may have written: the right type, or unknown.

What is kept of a reply or a request must be a name, not a sentence: a field that echoes a prompt,
or holds a key by mistake, is unknown.
"""

import functools
import hashlib
import re

_is_token = re.compile(r"[!-~]{1,200}").fullmatch
"""Models, paths, ids: without a blank, in ASCII, as OpenRouter writes them."""
_holds_key = re.compile(r"sk-[\w-]{8}").search
_PROVIDER_WORD = r"[\wÀ-ɏ.&/()+-]+"
_is_provider = re.compile(
    rf"(?=.{{1,40}}\Z){_PROVIDER_WORD}(?: {_PROVIDER_WORD}){{0,2}}", re.ASCII
).fullmatch
# What a program meets of these, it meets again and again.
_is_word = functools.lru_cache(maxsize=128)(
    re.compile(r"(?=.{1,64}\Z)[A-Za-z]+(?:[_.:-][A-Za-z]+)*|\d{1,6}", re.ASCII).fullmatch
)
"""Letters, as `rate_limit_exceeded`, or a number: every key has both."""


def writable(text: str | None) -> str | None:
    """A text that is not empty and can be written down; a lone surrogate cannot."""
    return text if text and text.isprintable() else None


def object_field(value: object) -> dict[str, object]:
    """An object, empty when it is something else."""
    return value if isinstance(value, dict) else {}


def object_list(value: object) -> list[dict[str, object]]:
    """The objects of a list, without what else stands in it."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def token_field(value: object) -> str | None:
    """A model, a path or an id, and no key."""
    if isinstance(value, str) and _is_token(value) and not _holds_a_key(value):
        return value
    return None


@functools.lru_cache(maxsize=128)
def model_field(value: str | None) -> str | None:
    """`token_field` for a model."""
    return token_field(value)


@functools.lru_cache(maxsize=128)
def provider_field(value: str | None) -> str | None:
    """A provider's name: up to three words, as `Google AI Studio`."""
    return value if value and _is_provider(value) and not _holds_a_key(value) else None


def word_field(value: object) -> str | None:
    """A word for how something ended, or a number for it."""
    text = str(value) if isinstance(value, int) else value
    return text if isinstance(text, str) and _is_word(text) else None


def session_field(value: str | None) -> str | None:
    """A session's name, or its SHA-256 if it is more than one word: equal ones stay equal."""
    text = writable(value)
    if text is None or token_field(text) is not None:
        return text
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _holds_a_key(text: str) -> bool:
    return "sk-" in text and _holds_key(text) is not None

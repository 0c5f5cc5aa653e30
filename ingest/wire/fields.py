"""Fields of a JSON document that anybody may have written: the right type, or unknown.

What is kept of a reply or a request must be a name, not a sentence: a field that echoes a prompt,
or holds a key by mistake, is unknown.
"""

import hashlib
import re

_TOKEN = re.compile(r"[!-~]{1,200}")
"""Models, paths, ids: without a blank, in ASCII, as OpenRouter writes them."""
_KEY = re.compile(r"sk-[\w-]{8}")
_PROVIDER = re.compile(r"(?=.{1,40}\Z)[\w.&/()+-]+(?: [\w.&/()+-]+){0,2}", re.ASCII)
_WORD = re.compile(r"(?=.{1,64}\Z)[A-Za-z]+(?:[_.:-][A-Za-z]+)*|\d{1,6}", re.ASCII)
"""Letters, as `rate_limit_exceeded`, or a number: every key has both."""


def text_field(value: object) -> str | None:
    """A text that is not empty and can be written down; a lone surrogate cannot."""
    return value if isinstance(value, str) and value.isprintable() and value else None


def object_field(value: object) -> dict[str, object]:
    """An object, empty when it is something else."""
    return value if isinstance(value, dict) else {}


def object_list(value: object) -> list[dict[str, object]]:
    """The objects of a list, without what else stands in it."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def token_field(value: object) -> str | None:
    """A model, a path or an id, and no key."""
    return _name(value, _TOKEN)


def provider_field(value: object) -> str | None:
    """A provider's name: up to three words, as `Google AI Studio`."""
    return _name(value, _PROVIDER)


def word_field(value: object) -> str | None:
    """A word for how something ended, or a number for it."""
    text = str(value) if isinstance(value, str | int) else ""
    return text if _WORD.fullmatch(text) else None


def session_field(value: object) -> str | None:
    """A session's name, or its SHA-256 if it is more than one word: equal ones stay equal."""
    text = text_field(value)
    if text is None or token_field(text) is not None:
        return text
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _name(value: object, pattern: re.Pattern[str]) -> str | None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        return None
    return None if "sk-" in value and _KEY.search(value) else value

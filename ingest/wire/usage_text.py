"""The text of a `usage` object without words that might be a prompt's; every digit stays."""

import re

_is_without_texts = re.compile(r'[^"]*+(?:"[a-z0-9_]{1,64}+" ?+: ?+[^" ][^"]*+)*+').fullmatch
"""Most are: read once from end to end, for each paid call."""
_TEXT = re.compile(r'("(?:[^"\\]|\\.)*+")([ \t\r\n]*+:)?')
_IS_NAME = re.compile(r'"[\w.:/@-]{1,64}"', re.ASCII)
_IS_KNOWN = re.compile(
    '"(?:service_tier|speed|type|provider|model|inference_geo|unit|currency|status)"'
)
_IS_WORD = re.compile(r'"[\w.:/-]{0,40}"', re.ASCII)


def without_unknown_texts(usage: str) -> str:
    """A `usage` object as it came, but a text in a field that is not known is null.

    OpenRouter adds fields without notice: a number in one is kept as it is, a text may be
    anything. A field's name that is a sentence becomes a question mark.
    """
    return usage if _is_without_texts(usage) else _narrow(usage)


def _narrow(usage: str) -> str:
    name = ""

    def narrow(match: re.Match[str]) -> str:
        nonlocal name
        text, colon = match[1], match[2]
        if colon is None:
            is_known = _IS_KNOWN.fullmatch(name) and _IS_WORD.fullmatch(text)
            return text if is_known else "null"
        name = text
        return (text if _IS_NAME.fullmatch(text) else '"?"') + colon

    return _TEXT.sub(narrow, usage)

"""The text of a `usage` object without words that might be a prompt's; every digit stays."""

import re

_NAME = r'"[\w.:/@-]{1,64}"'
_KNOWN = r'"(?:service_tier|speed|type|provider|model|inference_geo|unit|currency|status)"'
_WORD = r'"[\w.:/-]{0,40}"'
_BLANK = r"[ \t\r\n]*+"
_IS_PLAIN = re.compile(
    rf'(?:[^"]++|{_KNOWN}{_BLANK}:{_BLANK}{_WORD}|{_NAME}{_BLANK}:{_BLANK}(?!"))*+', re.ASCII
)
"""Nothing but names of fields, what is no text, and words where words are known to stand."""
_TEXT = re.compile(r'("(?:[^"\\]|\\.)*+")([ \t\r\n]*+:)?')
_IS_NAME, _IS_KNOWN, _IS_WORD = (re.compile(each, re.ASCII) for each in (_NAME, _KNOWN, _WORD))


def without_unknown_texts(usage: str) -> str:
    """A `usage` object as it came, but a text in a field that is not known is null.

    OpenRouter adds fields without notice: a number in one is kept as it is, a text may be
    anything. A field's name that is a sentence becomes a question mark.
    """
    return usage if _IS_PLAIN.fullmatch(usage) else _narrow(usage)


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

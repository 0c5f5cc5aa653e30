"""The bytes of a JSON body or an event, sound or with a character in them that no text has."""

import re
from typing import Final

from ingest.simulator.faults import Fault

_BEFORE_TEXT: Final = re.compile(r'"(?:content|text|delta|b64_json)":"(?=[^"])')
_NO_CHARACTER: Final = "\udcff"
"""A lone byte 0xFF, once it is encoded."""


def wire_bytes(json_text: str, fault: Fault | None) -> bytes:
    """UTF-8, or what a provider makes of it that mixed up its character sets."""
    if fault is not Fault.INVALID_UTF8:
        return json_text.encode()
    text, count = _BEFORE_TEXT.subn(lambda found: found[0] + _NO_CHARACTER, json_text, count=1)
    if not count:
        text = json_text.replace("{", f'{{"note":"caf{_NO_CHARACTER}",', 1)
    return text.encode(errors="surrogateescape")

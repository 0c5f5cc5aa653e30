"""What a request's body asks for, as far as it decides what the call may cost."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

IMAGE_TEXT_TOKENS = 4_096
"""Written or thought beside an image by `/images`, which draws and takes no `max_tokens`."""
LEAST_OUTPUT_TOKENS = 16
"""What some providers make of a smaller `max_tokens`."""
_TIER_FACTORS = {"priority": Decimal("2.5"), "fast": Decimal("2.5"), "ultrafast": Decimal(6)}
"""The dearest that a tier has been seen at, as a multiple of the listed price."""
_FAST_FACTOR = Decimal(6)
"""Of `speed: "fast"`, as `/messages` calls it."""
_SEARCH_WORDS = ("web_search", "web", "web_search_preview", "openrouter:web_search")


def written_tokens(endpoint: str, document: Mapping[str, Any], output_tokens: int) -> int:
    """At most, by all answers; `output_tokens` is assumed of one without a limit."""
    is_drawing = endpoint == "images"
    each = IMAGE_TEXT_TOKENS if is_drawing else _answer_tokens(document, output_tokens)
    return choice_count(document) * each


def _answer_tokens(document: Mapping[str, Any], output_tokens: int) -> int:
    names = ("max_completion_tokens", "max_tokens", "max_output_tokens")
    limits = [document[name] for name in names if type(document.get(name)) is int]
    if not limits or min(limits) <= 0:
        return output_tokens
    # Thinking is inside the limit with most providers, beside it with some.
    thinking = (
        _object(document.get("reasoning")).get("max_tokens"),
        _object(document.get("thinking")).get("budget_tokens"),
    )
    beside = max((each for each in thinking if type(each) is int), default=0)
    return int(max(*limits, LEAST_OUTPUT_TOKENS) + max(beside, 0))


def image_count(endpoint: str, document: Mapping[str, Any]) -> int:
    """How many images are asked for."""
    draws = "image" in texts(document.get("modalities"))
    return choice_count(document) if draws or endpoint == "images" else 0


def may_search(model: str, document: Mapping[str, Any]) -> bool:
    """Whether the web may be searched."""
    return (
        ":online" in model
        or "web_search_options" in document
        or any(word in _SEARCH_WORDS for word in _plugin_words(document))
    )


def _plugin_words(document: Mapping[str, Any]) -> Iterator[Any]:
    for name in ("plugins", "tools"):
        listed = document.get(name)
        for part in listed if isinstance(listed, list) else ():
            for word in (_object(part).get("id"), _object(part).get("type")):
                # Anthropic dates its own: `web_search_20250305`.
                yield "web_search" if str(word).startswith("web_search_2") else word


def tier_factor(document: Mapping[str, Any]) -> Decimal:
    """The multiple of the listed price that the tier asked for may cost."""
    tier = document.get("service_tier")
    factor = _TIER_FACTORS.get(tier, Decimal(1)) if isinstance(tier, str) else Decimal(1)
    return max(factor, _FAST_FACTOR) if document.get("speed") == "fast" else factor


def message_count(document: Mapping[str, Any]) -> int:
    """How many messages are sent, at least one."""
    listed = [document.get(name) for name in ("messages", "input", "system")]
    return 1 + sum(len(each) for each in listed if isinstance(each, list))


def choice_count(document: Mapping[str, Any]) -> int:
    """How many answers or images are asked for: `n`, 1 if it is no count."""
    asked = document.get("n")
    return asked if type(asked) is int and asked > 0 else 1


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def texts(value: object) -> list[str]:
    """The texts of a list, none of what is no list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

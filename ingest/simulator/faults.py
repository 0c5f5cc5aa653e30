"""What can go wrong with a call, how often it does by itself, and how a caller asks for it.

`X-Simulate-Fault: cut_stream` or the model `openai/gpt-5-nano#fault=cut_stream` makes it happen
once for a request; `cut_stream*3` the first three times that the same request comes.
"""

import re
from enum import StrEnum
from typing import Final

from ingest.errors import UsageError
from ingest.simulator.seeding import Draw


class Fault(StrEnum):
    """Refusals, then what happens after HTTP 200 was sent, then the forms of a usage chunk."""

    BAD_REQUEST = "bad_request"
    UNAUTHORIZED = "unauthorized"
    INSUFFICIENT_CREDITS = "insufficient_credits"
    KEY_LIMIT = "key_limit"
    IN_FLIGHT_BUDGET = "in_flight_budget"
    BUDGET_SPENT = "budget_spent"
    NO_ENDPOINTS = "no_endpoints"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    UNPROCESSABLE = "unprocessable"
    RATE_LIMITED = "rate_limited"
    FREE_LIMIT = "free_limit"
    INTERNAL_ERROR = "internal_error"
    BAD_GATEWAY = "bad_gateway"
    BAD_GATEWAY_HTML = "bad_gateway_html"
    UNAVAILABLE = "unavailable"
    GATEWAY_TIMEOUT = "gateway_timeout"
    EDGE_TIMEOUT = "edge_timeout"
    OVERLOADED = "overloaded"

    FALLBACK = "fallback"
    ERROR_200 = "error_200"
    CHOICE_ERROR = "choice_error"
    ERROR_MID_STREAM = "error_mid_stream"
    ERROR_WITH_USAGE = "error_with_usage"
    CUT_STREAM = "cut_stream"
    STALL = "stall"
    SILENT_STALL = "silent_stall"
    TRUNCATED_GZIP = "truncated_gzip"
    INVALID_UTF8 = "invalid_utf8"
    NO_USAGE = "no_usage"

    USAGE_WITHOUT_CHOICES = "usage_without_choices"
    USAGE_EMPTY_DELTA = "usage_empty_delta"
    USAGE_REPEATS_FINISH = "usage_repeats_finish"


class CallKind(StrEnum):
    """What is asked for, as far as it decides which faults are possible."""

    CHAT = "chat"
    STREAM = "stream"
    IMAGE = "image"
    EMBEDDING = "embedding"
    RERANK = "rerank"
    SPEECH = "speech"
    TRANSCRIPTION = "transcription"
    VIDEO = "video"
    BATCH = "batch"


LEVELS: Final = ("none", "some", "many")

_STATUS_NAMES: Final = {
    "400": Fault.BAD_REQUEST,
    "401": Fault.UNAUTHORIZED,
    "402": Fault.IN_FLIGHT_BUDGET,
    "403": Fault.BUDGET_SPENT,
    "404": Fault.NO_ENDPOINTS,
    "408": Fault.TIMEOUT,
    "413": Fault.TOO_LARGE,
    "422": Fault.UNPROCESSABLE,
    "429": Fault.RATE_LIMITED,
    "500": Fault.INTERNAL_ERROR,
    "502": Fault.BAD_GATEWAY,
    "503": Fault.UNAVAILABLE,
    "504": Fault.GATEWAY_TIMEOUT,
    "524": Fault.EDGE_TIMEOUT,
    "529": Fault.OVERLOADED,
}

# Only faults that are free, or whose cost the generation id of the reply finds again.
_REFUSALS: Final = {
    Fault.RATE_LIMITED: 0.02,
    Fault.UNAVAILABLE: 0.01,
    Fault.IN_FLIGHT_BUDGET: 0.005,
}
_INTERRUPTIONS: Final = {Fault.CUT_STREAM: 0.01, Fault.STALL: 0.003}
_SOMETIMES: Final = dict.fromkeys(CallKind, _REFUSALS | _INTERRUPTIONS) | {
    CallKind.CHAT: _REFUSALS
    | _INTERRUPTIONS
    | {Fault.ERROR_200: 0.005, Fault.CHOICE_ERROR: 0.005, Fault.NO_USAGE: 0.005},
    CallKind.STREAM: _REFUSALS
    | _INTERRUPTIONS
    | {Fault.ERROR_MID_STREAM: 0.01, Fault.ERROR_WITH_USAGE: 0.01, Fault.NO_USAGE: 0.005},
}
_FACTOR: Final = {"none": 0.0, "some": 1.0, "many": 4.0}
_TRIES_UNTIL_SPARED: Final = 3

_REQUESTED = re.compile(r"(?P<name>\w+)(?:\*(?P<times>\d+))?")


def check_level(level: str) -> None:
    """Raise `UsageError` for a level of faults that does not exist."""
    if level not in LEVELS:
        raise UsageError(f"There is no fault level {level!r}; use one of {', '.join(LEVELS)}.")


def random_fault(level: str, kind: CallKind, draw: Draw, ordinal: int) -> Fault | None:
    """The fault that the seed has for this request, if any; every third equal one is spared."""
    if ordinal % _TRIES_UNTIL_SPARED == _TRIES_UNTIL_SPARED - 1:
        return None
    point = draw.fraction("fault")
    for fault, probability in _SOMETIMES[kind].items():
        point -= probability * _FACTOR[level]
        if point < 0:
            return fault
    return None


def parse_fault(text: str) -> tuple[Fault, int]:
    """The fault that a caller asks for, by name or status, and how many times.

    Raises `ValueError` with a sentence for a name that does not exist.
    """
    match = _REQUESTED.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a fault; write a name such as cut_stream or 429*3")
    name, times = match["name"], int(match["times"] or 1)
    if name not in _STATUS_NAMES and name not in list(Fault):
        known = ", ".join([*Fault, *_STATUS_NAMES])
        raise ValueError(f"{name!r} is not a fault; there are {known}")
    return _STATUS_NAMES.get(name) or Fault(name), times

"""Most events of a stream say what the one before said: leaving them out must change nothing."""

import json
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from ingest.wire.readers import reply_reader
from ingest.wire.reply import ReplyFacts

SSE = {"content-type": "text/event-stream"}

NAMES = st.sampled_from(["gen-1-aaaa", "gen-2-bbbb", "openai/gpt-5-nano", "OpenAI", '"usage"', ""])
TEXTS = st.sampled_from(
    ["a fox", '"usage":{"cost":9}', "finish_reason", '{"error":{"code":1}}', "\\", "🦊", "images"]
)
REASONS = st.sampled_from([None, "stop", "length", "error", ""])
PICTURE = {"image_url": {"url": "data:image/png;base64,AAAA"}}
DELTAS = st.fixed_dictionaries(
    {},
    optional={
        "content": TEXTS,
        "images": st.lists(st.just(PICTURE), max_size=2),
        "tool_calls": st.just([{"id": "call_1", "type": "function"}]),
    },
)
CHOICES = st.lists(
    st.fixed_dictionaries(
        {"delta": DELTAS},
        optional={
            "finish_reason": REASONS,
            "native_finish_reason": REASONS,
            "error": st.sampled_from([None, {"code": "server_error"}]),
        },
    ),
    max_size=2,
)
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "id": NAMES,
        "model": NAMES,
        "provider": NAMES,
        "type": st.sampled_from(["message_stop", "response.completed", "x"]),
        "choices": CHOICES,
        "usage": st.sampled_from([None, {"cost": 0.5}, {"prompt_tokens": 3}]),
        "error": st.sampled_from([None, {"code": 502}]),
    },
)


def encoded(event: dict[str, Any], order: list[str], is_spaced: bool) -> bytes:
    ranked = sorted(event.items(), key=lambda item: order.index(item[0]))
    separators = (", ", " : ") if is_spaced else (",", ":")
    return json.dumps(dict(ranked), separators=separators, ensure_ascii=False).encode()


FIELDS = ["id", "model", "provider", "type", "choices", "usage", "error"]


@given(
    drawn=st.lists(st.tuples(EVENTS, st.integers(1, 3)), max_size=6),
    order=st.permutations(FIELDS),
    is_spaced=st.booleans(),
)
def test_what_is_passed_over_says_nothing_new(
    drawn: list[tuple[dict[str, Any], int]], order: list[str], is_spaced: bool
) -> None:
    stream = [
        {**event, "choices": [{"delta": {"content": str(number)}, "finish_reason": None}]}
        if number
        else event
        for event, times in drawn
        for number in range(times)
    ]
    every, passing = ReplyFacts(), ReplyFacts()
    for event in stream:
        every.learn(encoded(event, order, is_spaced))
        passing.learn_event(encoded(event, order, is_spaced))
    assert passing == every


@given(
    drawn=st.lists(EVENTS, max_size=6),
    sizes=st.lists(st.integers(1, 3), min_size=6, max_size=6),
    line_end=st.sampled_from([b"\n", b"\r\n"]),
    is_done=st.booleans(),
)
def test_chunks_of_several_events_are_passed_over_as_single_ones_are(
    drawn: list[dict[str, Any]], sizes: list[int], line_end: bytes, is_done: bool
) -> None:
    plain = {"id": "gen-1-aaaa", "choices": [{"delta": {"content": "a fox"}}]}
    stream = [each for event in drawn for each in (plain, plain, event)]
    lines = [b"data: " + encoded(event, FIELDS, False) + 2 * line_end for event in stream]
    lines += [b"data: [DONE]" + 2 * line_end] * is_done
    chunks: list[bytes] = []
    rest = lines
    for size in sizes * 4:
        chunks, rest = [*chunks, b"".join(rest[:size])], rest[size:]
    alone, together = (reply_reader(httpx.Headers(SSE)) for _ in range(2))
    for reader, pieces in ((alone, lines), (together, chunks)):
        for piece in pieces:
            reader.feed(piece)
        reader.end()
    every = ReplyFacts()
    for event in stream:
        every.learn(encoded(event, FIELDS, False))
    assert together.facts == alone.facts
    assert alone.facts.usage == every.usage
    assert alone.facts.finish_reason == every.finish_reason

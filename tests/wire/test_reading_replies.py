"""A reply is read for who served it, what it cost and how it ended, whatever state it is in."""

import gzip
import json
import zlib
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.wire.readers import reply_reader
from ingest.wire.reply import ReplyFacts
from ingest.wire.usage import Usage
from tests.wire import bodies

JSON = {"content-type": "application/json; charset=utf-8"}
SSE = {"content-type": "text/event-stream"}


def read(headers: dict[str, str], *chunks: bytes) -> ReplyFacts:
    reader = reply_reader(httpx.Headers(headers))
    for chunk in chunks:
        reader.feed(chunk)
    reader.end()
    return reader.facts


def cost(facts: ReplyFacts) -> Decimal | None:
    return facts.usage.reported_cost_usd if facts.usage else None


def test_a_chat_reply_tells_everything_the_ledger_asks() -> None:
    facts = read(JSON, bodies.CHAT)
    assert facts == ReplyFacts(
        generation_id=bodies.GENERATION_ID,
        served_model="openai/gpt-5-nano-2025-08-07",
        provider_name="OpenAI",
        finish_reason="stop",
        usage=Usage(
            input_tokens=254,
            cache_read_tokens=100,
            cache_write_tokens=20,
            output_tokens=5,
            reasoning_tokens=3,
            output_image_tokens=0,
            web_search_count=1,
            reported_cost_usd=Decimal("0.0076509169000000005"),
            upstream_cost_usd=Decimal("0.0006509169"),
            is_byok=False,
        ),
        usage_json=bodies.USAGE,
        is_whole=True,
    )


@pytest.mark.parametrize("form", bodies.USAGE_CHUNKS)
def test_usage_is_found_in_each_of_its_three_chunks(form: str) -> None:
    facts = read(SSE, *bodies.TEXT_CHUNKS, bodies.USAGE_CHUNKS[form], bodies.DONE)
    assert (cost(facts), facts.usage_json) == (Decimal("0.0076509169000000005"), bodies.USAGE)
    assert (facts.finish_reason, facts.is_whole, facts.error_type) == ("stop", True, None)


@given(place=st.integers(min_value=0, max_value=len(bodies.STREAM)))
def test_a_stream_cut_between_packets_is_read_as_one(place: int) -> None:
    whole = read(SSE, bodies.STREAM)
    assert read(SSE, bodies.STREAM[:place], bodies.STREAM[place:]) == whole


def test_a_stream_without_done_is_whole_once_its_usage_came() -> None:
    assert read(SSE, bodies.STREAM.removesuffix(bodies.DONE)).is_whole


def test_a_stream_cut_before_its_usage_is_not_whole() -> None:
    facts = read(SSE, *bodies.TEXT_CHUNKS)
    assert (facts.is_whole, facts.usage) == (False, None)
    assert facts.generation_id == bodies.GENERATION_ID


def test_a_flat_error_event_is_a_failure_though_the_stream_comes_to_its_end() -> None:
    error = b'data: {"type":"error","code":"server_error","message":"a secret","param":null}\n\n'
    facts = read(SSE, error, bodies.DONE)
    assert (facts.error_type, facts.is_whole) == ("server_error", True)


def test_the_reason_to_stop_of_a_streamed_message_is_told() -> None:
    delta = b'data: {"type":"message_delta","delta":{"stop_reason":"max_tokens"}}\n\n'
    assert read(SSE, delta).finish_reason == "max_tokens"


def test_an_error_in_mid_stream_is_told_with_and_without_usage() -> None:
    bare = read(SSE, *bodies.TEXT_CHUNKS, bodies.ERROR_CHUNK)
    assert (bare.error_type, bare.usage) == ("provider_unavailable", None)
    with_usage = read(SSE, *bodies.TEXT_CHUNKS, bodies.ERROR_CHUNK_WITH_USAGE, bodies.DONE)
    assert (with_usage.error_type, cost(with_usage)) == ("400", Decimal(0))


def test_an_error_inside_status_200_is_told_without_its_message() -> None:
    assert read(JSON, bodies.ERROR_IN_200).error_type == "502"
    assert read(JSON, bodies.ERROR_IN_CHOICE).error_type == "server_error"
    ended_by_error = b'{"choices":[{"finish_reason":"error","message":{"content":"x"}}]}'
    assert read(JSON, ended_by_error).error_type == "error"


def test_images_are_counted_once_each_and_partial_ones_not_at_all() -> None:
    assert read(JSON, bodies.IMAGES).output_image_count == 2
    streamed = read(SSE, bodies.IMAGES_STREAM)
    assert (streamed.output_image_count, cost(streamed)) == (1, Decimal("0.011"))
    through_chat = (
        b'{"choices":[{"message":{"images":[{"type":"image_url"},{"type":"image_url"}]}}]}'
    )
    assert read(JSON, through_chat).output_image_count == 2


def test_a_messages_stream_is_whole_only_when_it_stopped() -> None:
    whole = read(SSE, *bodies.MESSAGES_STREAM)
    assert whole.usage == Usage(input_tokens=103, cache_read_tokens=100, output_tokens=20)
    assert whole.is_whole
    assert not read(SSE, *bodies.MESSAGES_STREAM[:2]).is_whole


def test_a_responses_reply_says_input_and_output_for_the_same_things() -> None:
    usage = read(JSON, bodies.RESPONSES).usage
    assert usage is not None
    assert (usage.input_tokens, usage.cache_read_tokens) == (4020, 12)
    assert (usage.output_tokens, usage.reasoning_tokens) == (5, 2)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>524</html>",
        b"[1]",
        b'{"usage":',
        b"[" * 100_000,
        b'{"usage":{"cost":NaN}}',
        b"\xff\xfe{\x00}\x00",
    ],
    ids=["empty", "html", "no object", "cut", "deep", "not a number", "utf-16"],
)
def test_a_body_that_cannot_be_read_leaves_everything_unknown(body: bytes) -> None:
    facts = read({**JSON, "x-generation-id": "gen-from-header"}, body)
    assert facts == ReplyFacts(generation_id="gen-from-header")


def test_broken_characters_in_the_text_do_not_hide_the_cost() -> None:
    spoilt = bodies.CHAT.replace("ö".encode(), b"\xc3\xed\xa0\x80")
    assert cost(read(JSON, spoilt)) == Decimal("0.0076509169000000005")
    broken_stream = bodies.STREAM.replace("🦊".encode(), b"\xf0\x9f")
    assert cost(read(SSE, broken_stream)) == Decimal("0.0076509169000000005")


def test_a_compressed_reply_is_read_and_a_truncated_one_as_far_as_it_came() -> None:
    encoded = {"content-encoding": "gzip"}
    packed = gzip.compress(bodies.CHAT)
    assert read({**JSON, **encoded}, packed[:50], packed[50:]) == read(JSON, bodies.CHAT)
    cut = read({**JSON, **encoded}, packed[:-40])
    assert (cut.usage, cut.is_whole) == (None, False)
    assert read({**JSON, **encoded}, b"not gzip at all").usage is None
    stream = gzip.compress(bodies.STREAM)
    assert cost(read({**SSE, **encoded}, stream)) == Decimal("0.0076509169000000005")


def test_sound_tells_nothing_and_a_page_is_no_reply() -> None:
    assert read({"content-type": "audio/mpeg"}, b"ID3").is_whole is None
    assert read({"content-type": "text/html"}, b"<html>").is_whole is False


def test_names_of_a_wrong_kind_are_unknown() -> None:
    odd = (
        rb'{"id":7,"model":["a"],"provider":"\ud800","choices":[{"finish_reason":{}},3],"usage":[]}'
    )
    assert read(JSON, odd) == ReplyFacts(is_whole=True)


FAILED_RESPONSE = (
    b'{"type":"response.failed","response":{"id":"gen-1-cccccccc","status":"failed",'
    b'"error":{"code":"server_error","message":"x"},"error_type":"provider_overloaded"}}'
)


def event(document: bytes) -> bytes:
    return b"data: " + document + b"\n\n"


@pytest.mark.parametrize(
    ("document", "word"),
    [
        (FAILED_RESPONSE, "provider_overloaded"),
        (b'{"type":"response.failed","response":{"status":"failed","error":null}}', "error"),
        (b'{"type":"error","code":"server_error","message":"x"}', "server_error"),
        (
            b'{"type":"response.error","error":{"code":"rate_limit_exceeded"}}',
            "rate_limit_exceeded",
        ),
        (b'{"type":"error"}', "error"),
    ],
)
def test_a_responses_stream_that_failed_says_so_in_openrouters_own_word(
    document: bytes, word: str
) -> None:
    assert read(SSE, event(document)).error_type == word


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        (b'"status":"completed","incomplete_details":null', "completed"),
        (b'"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}',
         "max_output_tokens"),
        (b'"status":"in_progress"', None),
    ],
)  # fmt: skip
def test_a_responses_reply_says_why_it_ended(ended: bytes, reason: str | None) -> None:
    body = b'{"id":"gen-1-d","object":"response",' + ended + b"}"
    assert read(JSON, body).finish_reason == reason
    assert read(SSE, event(b'{"type":"x","response":' + body + b"}")).finish_reason == reason


def test_images_that_a_tool_drew_are_counted_once() -> None:
    image = b'{"type":"image_generation_call","result":"AAAA"}'
    output = b'"output":[{"type":"message"},' + image + b',{"type":"image_generation_call"}]'
    assert read(JSON, b'{"object":"response",' + output + b"}").output_image_count == 1
    done = event(b'{"type":"response.output_item.done","item":' + image + b"}")
    completed = event(b'{"type":"response.completed","response":{' + output + b"}}")
    assert read(SSE, done, completed).output_image_count == 1


def test_images_that_come_as_addresses_are_images() -> None:
    body = b'{"data":[{"url":"https://x"},{"b64_json":null},{"embedding":[1]}]}'
    assert read(JSON, body).output_image_count == 1


def test_a_messages_stream_says_why_it_ended_and_keeps_the_cache_of_its_beginning() -> None:
    start = (
        b'{"type":"message_start","message":{"usage":{"input_tokens":3,'
        b'"cache_read_input_tokens":100,"output_tokens":1}}}'
    )
    delta = (
        b'{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":'
        b'{"input_tokens":3,"cache_creation_input_tokens":null,"output_tokens":20,"cost":0.25}}'
    )
    facts = read(SSE, event(start), event(delta), event(b'{"type":"message_stop"}'))
    assert facts.finish_reason == "end_turn"
    assert facts.usage == Usage(
        input_tokens=103,
        cache_read_tokens=100,
        output_tokens=20,
        reported_cost_usd=Decimal("0.25"),
    )


def test_only_openrouters_own_ids_name_a_generation() -> None:
    for foreign in (b"chatcmpl-1", b"resp_1", b"mygen-1", b"gen-"):
        assert read(JSON, b'{"id":"' + foreign + b'","choices":[]}').generation_id is None
    assert read(JSON, b'{"id":"resp_gen-1-ffffffff"}').generation_id == "gen-1-ffffffff"
    refused = b'{"id":"msg_1","type":"error","error":{"type":"x"},"request_id":"gen-1-eeeeeeee"}'
    assert read(JSON, refused).generation_id == "gen-1-eeeeeeee"


@pytest.mark.parametrize(
    ("said", "is_byok"),
    [(b"{}", True), (b'{"is_byok":false}', False), (b'{"is_byok":null}', True)],
)
def test_the_router_says_whose_key_it_was_where_usage_does_not(said: bytes, is_byok: bool) -> None:
    body = b'{"usage":' + said + b',"openrouter_metadata":{"is_byok":true}}'
    usage = read(JSON, body).usage
    assert usage is not None
    assert usage.is_byok is is_byok


PRETTY = b"".join(
    b"data: " + line + b"\n"
    for line in json.dumps(json.loads(bodies.CHAT), indent=2).encode().splitlines()
)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param({}, bodies.STREAM, id="events without a type"),
        pytest.param(JSON, bodies.STREAM, id="events called JSON"),
        pytest.param({"content-type": "text/plain"}, bodies.CHAT, id="JSON called text"),
        pytest.param(SSE, bodies.CHAT, id="JSON called events"),
        pytest.param(SSE, b"\xef\xbb\xbfdata: " + bodies.CHAT, id="byte order mark"),
        pytest.param(SSE, b"event: x\nid: 1\n" + PRETTY + b"\n", id="one event in many lines"),
        pytest.param(SSE, b"data: {\n\n" + bodies.STREAM, id="half an event before"),
        pytest.param({**JSON, "content-encoding": "gzip"}, bodies.CHAT, id="unpacked on its way"),
        pytest.param({**JSON, "content-encoding": "br"}, bodies.CHAT, id="br, unpacked"),
    ],
)
def test_a_reply_is_read_whatever_its_headers_and_its_frames_say(
    headers: dict[str, str], body: bytes
) -> None:
    expected = cost(read(JSON, bodies.CHAT))
    assert expected is not None
    pieces = [body[place : place + 1] for place in range(len(body))]
    for facts in (read(headers, body), read(headers, *pieces)):
        assert (cost(facts), facts.is_whole) == (expected, True)


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        pytest.param("deflate", zlib.compress(bodies.CHAT), id="deflate"),
        pytest.param("deflate", raw_deflate(bodies.CHAT), id="deflate without a header"),
        pytest.param(
            "gzip", gzip.compress(bodies.CHAT[:90]) + gzip.compress(bodies.CHAT[90:]), id="parts"
        ),
        pytest.param("gzip", gzip.compress(bodies.CHAT) + b"\0\0\0", id="padded"),
        pytest.param("x-gzip", gzip.compress(bodies.CHAT), id="x-gzip"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(bodies.CHAT)), id="twice"),
    ],
)
def test_every_way_of_packing_is_read(encoding: str, packed: bytes) -> None:
    headers = {**JSON, "content-encoding": encoding}
    pieces = [packed[place : place + 1] for place in range(len(packed))]
    assert read(headers, packed) == read(headers, *pieces) == read(JSON, bodies.CHAT)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_name_in_a_header_is_read_in_either_encoding(encoding: str) -> None:
    raw = [(b"X-Provider-Name", "Zürich".encode(encoding))]
    assert reply_reader(httpx.Headers(raw)).facts.provider_name == "Zürich"


def test_plain_text_is_whole_when_it_ends() -> None:
    assert read({"content-type": "text/plain"}, b"WEBVTT").is_whole is None

"""Small replies in the forms that OpenRouter sends, with numbers as a JavaScript server prints."""

GENERATION_ID = "gen-1760600001-inkledgerTestBodyAAA"

USAGE = (
    '{"prompt_tokens":254,"completion_tokens":5,"total_tokens":259,'
    '"cost":0.0076509169000000005,"is_byok":false,'
    '"prompt_tokens_details":{"cached_tokens":100,"cache_write_tokens":20},'
    '"cost_details":{"upstream_inference_cost":0.0006509169},'
    '"completion_tokens_details":{"reasoning_tokens":3,"image_tokens":0},'
    '"server_tool_use_details":{"web_search_requests":1},"a_key_of_tomorrow":[1.50,null]}'
)
CHAT = (
    f'{{"id":"{GENERATION_ID}","object":"chat.completion","model":"openai/gpt-5-nano-2025-08-07",'
    '"provider":"OpenAI","choices":[{"index":0,"finish_reason":"stop",'
    '"message":{"role":"assistant","content":"Ein Fuchs — größer als \\"usage\\": {}"}}],'
    f'"usage":{USAGE}}}'
).encode()

_CHUNK = f'"id":"{GENERATION_ID}","model":"openai/gpt-5-nano-2025-08-07","provider":"OpenAI"'


def chunk(choices: str, *more: str) -> bytes:
    """One event of a chat stream."""
    fields = ",".join((_CHUNK, f'"choices":{choices}', *more))
    return f"data: {{{fields}}}\n\n".encode()


DONE = b"data: [DONE]\n\n"
COMMENT = b": OPENROUTER PROCESSING\n\n"
TEXT_CHUNKS = (
    COMMENT,
    chunk('[{"index":0,"delta":{"role":"assistant","content":"größer — "},"finish_reason":null}]'),
    COMMENT,
    chunk('[{"index":0,"delta":{"content":"🦊"},"finish_reason":null}]'),
    chunk('[{"index":0,"delta":{"content":""},"finish_reason":"stop"}]'),
)
USAGE_CHUNKS = {
    "without choices": chunk("[]", f'"usage":{USAGE}'),
    "with an empty delta": chunk(
        '[{"index":0,"delta":{"content":""},"finish_reason":null}]', f'"usage":{USAGE}'
    ),
    "with the finish again": chunk(
        '[{"index":0,"delta":{},"finish_reason":"stop"}]',
        '"service_tier":"default"',
        f'"usage":{USAGE}',
    ),
}
STREAM = b"".join((*TEXT_CHUNKS, USAGE_CHUNKS["without choices"], DONE))

ERROR_CHUNK = chunk(
    '[{"index":0,"delta":{"content":""},"finish_reason":"error"}]',
    '"error":{"code":502,"message":"gone","metadata":{"error_type":"provider_unavailable"}}',
)
ERROR_CHUNK_WITH_USAGE = chunk(
    '[{"index":0,"delta":{},"finish_reason":null}]',
    '"error":{"code":400,"message":"Token limit reached"}',
    '"usage":{"prompt_tokens":43,"completion_tokens":10,"total_tokens":53,"cost":0}',
)
ERROR_IN_200 = b'{"error":{"code":502,"message":"quoting the prompt"},"user_id":"user_1"}'
ERROR_IN_CHOICE = (
    f'{{"id":"{GENERATION_ID}","model":"m","choices":[{{"finish_reason":"error",'
    '"message":{"content":"half"},"error":{"code":"server_error","message":"x"}}]}'
).encode()
IMAGES = (
    b'{"created":1,"data":[{"b64_json":"AAAA"},{"b64_json":"AAAA"}],'
    b'"usage":{"prompt_tokens":16,"completion_tokens":272,"total_tokens":288,"cost":0.04}}'
)
IMAGES_STREAM = (
    b'data: {"type":"image_generation.partial_image","partial_image_index":0,"b64_json":"AAAA"}\n\n'
    b'data: {"type":"image_generation.completed","b64_json":"BBBB","created":1,'
    b'"usage":{"prompt_tokens":16,"completion_tokens":272,"total_tokens":288,"cost":0.011}}\n\n'
    b"data: [DONE]\n\n"
)
MESSAGES_STREAM = (
    b"""event: message_start
data: {"type":"message_start","message":{"id":"gen-1-aaaaaaaa","stop_reason":null,\
"model":"anthropic/claude-4.6-sonnet-20260217",\
"usage":{"input_tokens":3,"cache_read_input_tokens":100,"output_tokens":1}}}

""",
    b"""event: content_block_delta
data: {"type":"content_block_delta","delta":{"text":"a"}}

""",
    b"""event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":20}}

""",
    b"""event: message_stop
data: {"type":"message_stop"}

""",
)
RESPONSES = (
    b'{"id":"gen-1-bbbbbbbb","object":"response","model":"openai/gpt-5","status":"completed",'
    b'"error":null,"usage":{"input_tokens":4020,"input_tokens_details":{"cached_tokens":12},'
    b'"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"cost":0.025265}}'
)

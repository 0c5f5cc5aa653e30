"""Of a reply names and words are kept, sentences and keys are not; numbers keep their digits."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.wire.fields import provider_field, session_field, token_field, word_field
from ingest.wire.usage_text import without_unknown_texts

KEY = "sk-or-v1-" + "0a" * 32


@pytest.mark.parametrize(
    "model",
    [
        "anthropic/claude-4.6-sonnet-20260217",
        "Qwen/Qwen3-Embedding-4B",
        "~openai/gpt-latest",
        "@preset/task-list",
        "meta-llama/llama-3.3-70b-instruct:free",
        "openai/gpt-5-nano#fault=429*3",
        "gen-1795500276-2o6ZNUnEtZ30mdUFnLiP",
    ],
)
def test_models_and_ids_are_kept(model: str) -> None:
    assert token_field(model) == model


@pytest.mark.parametrize(
    "other", ["", "a fox under a fern", "狐", "x" * 201, KEY, f"openrouter/{KEY}", 3, None, ["a"]]
)
def test_a_model_that_is_a_sentence_or_a_key_is_unknown(other: object) -> None:
    assert token_field(other) is None


@pytest.mark.parametrize("name", ["OpenAI", "Google AI Studio", "Z.AI", "Black Forest Labs"])
def test_providers_are_kept(name: str) -> None:
    assert provider_field(name) == name


@pytest.mark.parametrize("other", ["a fox under a fern", "a\nfox", "狐", "x" * 41, "", None])
def test_a_provider_that_is_a_sentence_is_unknown(other: object) -> None:
    assert provider_field(other) is None


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("rate_limit_exceeded", "rate_limit_exceeded"),
        ("RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED"),
        ("tool_calls", "tool_calls"),
        (502, "502"),
        ("a fox", None),
        (KEY, None),
        ("x" * 65, None),
        (None, None),
        ({}, None),
    ],
)
def test_words_are_kept_and_prose_and_keys_are_not(said: object, word: str | None) -> None:
    assert word_field(said) == word


def test_a_session_of_several_words_is_kept_as_its_hash_and_stays_the_same_session() -> None:
    assert session_field("book-7") == "book-7"
    hidden = session_field("The secret fox book")
    assert hidden is not None
    assert hidden.startswith("sha256:")
    assert session_field("The secret fox book") == hidden
    assert session_field(KEY) != KEY
    assert session_field("") is None


@pytest.mark.parametrize(
    ("usage", "kept"),
    [
        ('{"cost": 0.0076509169000000005}', '{"cost": 0.0076509169000000005}'),
        ('{"cost":1.20,"note":"a fox"}', '{"cost":1.20,"note":null}'),
        ('{"note" : "fox","new":7e-10}', '{"note" : null,"new":7e-10}'),
        ('{"service_tier":"default"}', '{"service_tier":"default"}'),
        ('{"service_tier":"a fox under a fern"}', '{"service_tier":null}'),
        ('{"a fox under a fern":1}', '{"?":1}'),
        ('{"texts":["a",{"type":"message"},"b\\" :"]}', '{"texts":[null,{"type":"message"},null]}'),
        ('{"\\u0061 fox":{"speed":null}}', '{"?":{"speed":null}}'),
    ],
)
def test_of_usage_all_numbers_are_kept_and_known_words_only(usage: str, kept: str) -> None:
    assert without_unknown_texts(usage) == kept


scalars = st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["fox", "type"])
names = st.text() | st.sampled_from(["type", "speed", "cost", "a fox"])
usages = st.dictionaries(
    names,
    st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(names, inner)),
)


@given(usages, st.booleans())
def test_whatever_usage_holds_it_stays_json_with_the_same_numbers(
    usage: dict[str, object], is_ascii: bool
) -> None:
    source = json.dumps(usage, ensure_ascii=is_ascii)
    kept = without_unknown_texts(source)
    assert numbers_in_order(kept) == numbers_in_order(source)
    assert without_unknown_texts(kept) == kept
    assert "a fox" not in kept


def numbers_in_order(source: str) -> list[str]:
    """Each number as it is written."""
    found: list[str] = []
    json.loads(source, parse_int=lambda digits: found.append(digits))
    return found

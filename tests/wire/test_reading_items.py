"""A batch tells of its items whose they are and what they took; nothing that was said in them."""

import json
from typing import Any

import pytest
from msgspec import Raw

from ingest.wire.items import items_in
from ingest.wire.reply import ReplyFacts


def item(custom_id: Any, usage: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "a secret reply"}
    body = {"id": "gen-batch-1-a", "choices": [{"message": message}], "usage": usage}
    return {"id": "batch_req_1", "custom_id": custom_id, "response": {"body": body}, "error": None}


def told(*results: Any) -> Any:
    return json.loads(items_in(Raw(json.dumps(results).encode())))


def test_an_item_has_its_number_its_name_and_its_tokens() -> None:
    assert told(
        item("page-1", {"prompt_tokens": 20, "completion_tokens": 40, "total_tokens": 60}),
        item("page-2", {"input_tokens": 5, "output_tokens": 7}),
        {"custom_id": "page-3", "response": None, "error": {"message": "a secret reason"}},
    ) == [
        {"item_number": 1, "custom_id": "page-1", "input_tokens": 20, "output_tokens": 40},
        {"item_number": 2, "custom_id": "page-2", "input_tokens": 5, "output_tokens": 7},
        {"item_number": 3, "custom_id": "page-3"},
    ]


def test_a_name_that_is_a_sentence_or_a_key_is_kept_as_its_hash() -> None:
    for name in ("Draw a secret fox", "sk-or-v1-0123456789abcdef"):
        ((said,),) = ([each["custom_id"] for each in told(item(name, None))],)
        assert said.startswith("sha256:")


@pytest.mark.parametrize(
    "odd",
    [
        item(7, {"prompt_tokens": "many"}),
        item(None, "a secret"),
        {"response": {"body": "a secret reply"}},
        {"response": "a secret reply"},
        {},
    ],
)
def test_what_is_not_of_its_type_is_unknown_and_takes_nothing_with_it(odd: Any) -> None:
    ordinary = item("page", {"prompt_tokens": 1})
    assert told(odd, ordinary) == [
        {"item_number": 1},
        {"item_number": 2, "custom_id": "page", "input_tokens": 1},
    ]


def test_only_a_batch_has_items() -> None:
    for kind, is_told in (("batch", True), ("list", False)):
        facts = ReplyFacts()
        facts.learn(json.dumps({"object": kind, "results": [item("a", None)]}).encode())
        assert (facts.items_json is not None) is is_told

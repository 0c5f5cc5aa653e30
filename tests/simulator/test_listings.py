"""The price lists, public and in decimal strings."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from openrouter.components import ListEndpointsResponse

from ingest.simulator import RunningSimulator
from tests.simulator.exchanges import CLAUDE, DEEPSEEK, FLASH_IMAGE

FIXTURES = Path(__file__).parents[3] / "shared" / "openrouter" / "fixtures.json"


@pytest.fixture
def visitor(simulator: RunningSimulator) -> Iterator[httpx.Client]:
    """A client without any key."""
    with httpx.Client(base_url=simulator.base_url, verify=False) as http:
        yield http


def test_models_are_listed_without_a_key_and_by_what_they_write(visitor: httpx.Client) -> None:
    text = _by_id(visitor, "/models")
    everything = _by_id(visitor, "/models?output_modalities=all")
    assert CLAUDE in text
    assert set(everything) - set(text) == {
        "black-forest-labs/flux.2-pro",
        "bytedance-seed/seedream-4.5",
        "qwen/qwen3-embedding-4b",
        "cohere/rerank-v3.5",
        "openai/gpt-4o-mini-tts",
        "openai/whisper-1",
        "google/veo-3.1",
    }
    assert set(_by_id(visitor, "/embeddings/models")) == {"qwen/qwen3-embedding-4b"}
    assert FLASH_IMAGE in _by_id(visitor, "/images/models")


def test_a_list_shows_both_spellings_and_prices_as_strings(visitor: httpx.Client) -> None:
    models = _by_id(visitor, "/models?output_modalities=all")
    claude = models[CLAUDE]
    assert claude["canonical_slug"] == "anthropic/claude-4.6-sonnet-20260217"
    assert claude["pricing"]["prompt"] == "0.000003"
    assert claude["pricing"]["overrides"][0]["min_prompt_tokens"] == 200_000
    assert models["openrouter/auto"]["pricing"] == {"prompt": "-1", "completion": "-1"}
    assert models[DEEPSEEK]["pricing"]["discount"] == 0.1
    assert models[FLASH_IMAGE]["pricing"]["image_output"] == "0.00003"
    free = models["meta-llama/llama-3.3-70b-instruct:free"]["pricing"]
    assert free == {"prompt": "0", "completion": "0"}


def test_a_list_comes_in_pages_when_it_is_asked_to(visitor: httpx.Client) -> None:
    whole = list(_by_id(visitor, "/models"))
    address: str | None = "/api/v1/models?offset=0&limit=4"
    found: list[str] = []
    while address:
        page = visitor.get(str(visitor.base_url.copy_with(raw_path=address.encode()))).json()
        assert page["total_count"] == len(whole)
        found += [model["id"] for model in page["data"]]
        address = page["links"]["next"]
    assert found == whole


def test_image_prices_say_what_is_billed(visitor: httpx.Client) -> None:
    reply = visitor.get("/images/models/bytedance-seed/seedream-4.5/endpoints").json()
    (endpoint,) = reply["data"]["endpoints"]
    assert endpoint["pricing"] == [{"billable": "output_image", "unit": "image", "cost_usd": 0.04}]


def test_the_endpoints_of_a_model_have_every_documented_field(visitor: httpx.Client) -> None:
    reply = visitor.get("/models/google/gemini-2.5-flash-lite/endpoints").json()
    answer = ListEndpointsResponse.model_validate(reply["data"])
    (endpoint,) = answer.endpoints
    assert answer.id == "google/gemini-2.5-flash-lite"
    assert (endpoint.provider_name, endpoint.tag) == ("Google", "google-vertex")
    assert endpoint.pricing.prompt == "0.00000012"
    assert visitor.get("/models/acme/fake/endpoints").status_code == 404


def test_one_model_can_be_looked_at(visitor: httpx.Client) -> None:
    assert visitor.get(f"/model/{CLAUDE}").json()["data"]["id"] == CLAUDE
    assert visitor.get("/model/acme/fake").status_code == 404
    assert visitor.get("/models?limit=few").status_code == 400


@pytest.mark.skipif(not FIXTURES.exists(), reason="the recorded replies are not beside this clone")
def test_a_listed_model_has_every_documented_field(visitor: httpx.Client) -> None:
    documented = json.loads(FIXTURES.read_text())["18d_model"]["body"]
    model = _by_id(visitor, "/models")[CLAUDE]
    assert set(documented) <= set(model)
    for name, price in documented["pricing"].items():
        if name in model["pricing"] and name != "overrides":
            assert Decimal(model["pricing"][name]) == Decimal(price)


def _by_id(visitor: httpx.Client, path: str) -> dict[str, Any]:
    return {model["id"]: model for model in visitor.get(path).json()["data"]}

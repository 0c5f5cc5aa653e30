"""Bodies recorded and written down from the wire, each with the cost that OpenRouter charged."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest.recording.recorder import Recorder
from tests.landed import landed_call
from tests.recording.calls import answering, post

FIXTURES = Path(__file__).parents[3] / "shared" / "openrouter" / "fixtures.json"
_NO_INFERENCE = ("17", "18")
"""Answers to GET requests, which the recorder leaves alone."""


def _fixtures() -> list[Any]:
    if not FIXTURES.exists():
        skip = pytest.mark.skip(reason="the shared bodies are not beside this checkout")
        return [pytest.param({}, id="absent", marks=skip)]
    fixtures = json.loads(FIXTURES.read_text())
    return [
        pytest.param(fixture, id=name)
        for name, fixture in fixtures.items()
        if not name.startswith(("_", *_NO_INFERENCE))
    ]


def _body(fixture: dict[str, Any]) -> bytes:
    if fixture["kind"] == "sse":
        return "\n".join(fixture["body"]).encode() + b"\n"
    return json.dumps(fixture["body"], ensure_ascii=False).encode()


@pytest.mark.parametrize("fixture", _fixtures())
def test_a_known_body_passes_unchanged_and_costs_what_it_cost(
    fixture: dict[str, Any], recorder: Recorder, home: Path
) -> None:
    body = _body(fixture)
    assert post(recorder, answering(body, fixture["headers"], fixture["status"])) == body
    recorder.close()
    row, expected = landed_call(home), fixture["expect"]
    if fixture["status"] >= 400 or expected["or_credits"] is None:
        # What a refusal cost is for the warehouse to say: here it is unknown.
        assert (row["reported_cost_usd"], row["status"]) == (None, "failed")
        return
    assert row["reported_cost_usd"] == round(Decimal(expected["or_credits"]), 12)
    if "external_byok" in expected:
        own = row["upstream_cost_usd"] if row["is_byok"] else 0
        assert own == Decimal(expected["external_byok"])
    assert row["generation_id"] == fixture["headers"].get("x-generation-id", row["generation_id"])

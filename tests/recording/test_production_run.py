"""A run's control total is the sum of its attempts, however it ends and whoever is listening."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.errors import UsageError
from ingest.recording.attribution import attribute
from ingest.recording.recorder import Recorder
from ingest.recording.runs import production_run
from ingest.records import CostCalculated
from tests.landed import landed
from tests.recording.calls import JSON, answering, post
from tests.wire import bodies


def costing(cost: str) -> Any:
    return answering(f'{{"choices":[],"usage":{{"cost":{cost}}}}}'.encode())


def test_the_total_is_the_sum_of_its_attempts_per_stage(recorder: Recorder, home: Path) -> None:
    published: list[CostCalculated] = []
    recorder.bus.subscribe(CostCalculated, published.append)
    with production_run(ebook_id="forest") as run:
        with attribute(stage="outline"):
            post(recorder, costing("0.1"))
            post(recorder, costing("0.2"))
        with attribute(stage="cover"):
            post(recorder, answering(b"cut"))
        post(recorder, costing("1e-12"))
    post(recorder, costing("5"))
    recorder.close()

    (total,) = published
    (row,) = landed(home, "control_totals")
    assert (row["run_id"], row["ebook_id"]) == (run.run_id, "forest")
    assert row["cost_usd"] == total.cost_usd == Decimal("0.300000000001")
    assert (row["attempt_count"], row["unpriced_count"]) == (4, 1)
    assert json.loads(row["stage_totals"]) == {
        "cover": {"attempt_count": 1, "unpriced_count": 1, "cost_usd": "0"},
        "outline": {"attempt_count": 2, "unpriced_count": 0, "cost_usd": "0.3"},
        "unattributed": {"attempt_count": 1, "unpriced_count": 0, "cost_usd": "0.000000000001"},
    }
    events = [event for event in landed(home) if event["run_id"] == run.run_id]
    assert sum(event["reported_cost_usd"] or 0 for event in events) == row["cost_usd"]
    assert {event["ebook_id"] for event in events} == {"forest"}


def test_a_run_that_raises_lands_its_total_and_the_error_goes_on(
    recorder: Recorder, home: Path
) -> None:
    error = RuntimeError("no paper")

    @production_run(ebook_id="forest")
    def produce() -> None:
        post(recorder, costing("0.5"))
        raise error

    with pytest.raises(RuntimeError) as caught:
        produce()
    assert caught.value is error
    recorder.close()
    (row,) = landed(home, "control_totals")
    assert row["cost_usd"] == Decimal("0.5")


def test_an_inner_run_has_its_own_attempts(recorder: Recorder, home: Path) -> None:
    with production_run(ebook_id="series") as outer:
        post(recorder, costing("1"))
        with production_run(ebook_id="forest") as inner:
            post(recorder, costing("2"))
        post(recorder, costing("4"))
    recorder.close()
    totals = {row["run_id"]: row["cost_usd"] for row in landed(home, "control_totals")}
    assert totals == {outer.run_id: 5, inner.run_id: 2}
    assert [row["ebook_id"] for row in landed(home)] == ["series", "forest", "series"]


def test_the_total_lands_once_with_the_first_of_two_recorders(home: Path, tmp_path: Path) -> None:
    other_home = tmp_path / "other"
    with (
        Recorder(home) as first,
        Recorder(other_home) as second,
        production_run(ebook_id="forest"),
    ):
        post(first, costing("1"))
        post(second, costing("2"))
    (row,) = landed(home, "control_totals")
    assert row["cost_usd"] == 3
    assert landed(other_home, "control_totals") == []


def test_a_run_whose_calls_never_ended_still_lands(recorder: Recorder, home: Path) -> None:
    transport = recorder.transport(httpx.MockTransport(costing("1")))
    with httpx.Client(transport=transport) as http, production_run(ebook_id="forest"):
        request = http.build_request("POST", "https://openrouter.ai/api/v1/images", headers=JSON)
        open_response = http.send(request, stream=True)
    open_response.close()
    recorder.close()
    (row,) = landed(home, "control_totals")
    assert (row["attempt_count"], row["cost_usd"]) == (0, 0)


def test_an_attempt_that_no_lake_can_hold_counts_as_unpriced(
    recorder: Recorder, home: Path
) -> None:
    with production_run(ebook_id="forest"):
        post(recorder, costing("-1"))
    recorder.close()
    (row,) = landed(home, "control_totals")
    assert (row["attempt_count"], row["unpriced_count"]) == (1, 1)


def test_own_keys_add_the_providers_bill(recorder: Recorder, home: Path) -> None:
    usage = b'{"cost":0.001,"is_byok":true,"cost_details":{"upstream_inference_cost":0.02}}'
    with production_run(ebook_id="forest"):
        post(recorder, answering(b'{"choices":[],"usage":' + usage + b"}"))
        post(recorder, answering(bodies.CHAT))
    recorder.close()
    (row,) = landed(home, "control_totals")
    assert row["cost_usd"] == Decimal("0.021") + Decimal("0.0076509169")


def test_a_bad_ebook_is_refused_before_anything_lands(recorder: Recorder, home: Path) -> None:
    with pytest.raises(UsageError), production_run(ebook_id="", ledger=recorder):
        pass
    recorder.close()
    assert landed(home, "control_totals") == []

"""A new process begins with what was spent and what may have been, whatever killed the last."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from ingest import Budget, OpenRouter, Recorder
from ingest.clock import utc_now
from ingest.compact import compact
from ingest.lake import Lake
from ingest.pull.settlements import pull_settlements
from ingest.records import UsageEvent
from ingest.seal import seal
from ingest.settings import Home
from ingest.simulator import RunningSimulator
from tests.budgets.victim import KEY
from tests.landed import landed, one_per_event
from tests.pull.providers import HASTY, client_of

URL = "https://openrouter.ai/api/v1/chat/completions"
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


def kill(home: Home, simulator: RunningSimulator, instant: str) -> None:
    command = [sys.executable, "-m", "tests.budgets.victim", str(home.root), simulator.base_url]
    assert subprocess.run([*command, instant], check=False).returncode == -9


def budgets_of_every_kind() -> list[Budget]:
    return [
        Budget("1"),
        Budget("1", ebook_id="forest"),
        Budget("1", api_key=KEY),
        Budget("1", per="day"),
        Budget("1", ebook_id="forest", api_key=KEY, per="day"),
    ]


def known_to_new_ones(home: Home) -> set[Decimal]:
    """What new budgets of every kind begin with: one figure if they agree."""
    budgets = budgets_of_every_kind()
    Recorder(home.root, budgets=budgets)
    return {budget.committed_usd for budget in budgets}


@pytest.mark.parametrize("instant", ["before_send", "after_headers", "after_body"])
@pytest.mark.parametrize("kept", ["spooled", "sealed", "compacted"])
def test_a_killed_process_leaves_what_it_spent_and_may_have_spent(
    home: Home, simulator: RunningSimulator, instant: str, kept: str
) -> None:
    kill(home, simulator, instant)
    bill = [Decimal(row["cost_usd"]) for row in simulator.bill()["generations"]]
    assert len(bill) == (1 if instant == "before_send" else 2)
    if kept != "spooled":
        seal(home)
    if kept == "compacted":
        kill(home, simulator, "before_send")
        seal(home)
        tomorrow = utc_now() + timedelta(days=1)
        assert compact(home, clock=lambda: tomorrow)
    (told,) = known_to_new_ones(home)
    rows = one_per_event(landed(home.root))
    spent = sum((row["reported_cost_usd"] or Decimal(0) for row in rows), Decimal(0))
    held = sum(
        (row["reserved_usd"] for row in rows if row["reported_cost_usd"] is None), Decimal(0)
    )
    assert told == spent + held
    assert held > 0
    assert told >= sum(Decimal(row["cost_usd"]) for row in simulator.bill()["generations"])


def test_after_settling_a_restart_knows_the_bill(home: Home, simulator: RunningSimulator) -> None:
    for instant in ("after_headers", "after_body"):
        kill(home, simulator, instant)
    seal(home)
    with client_of(simulator) as asking:
        pull_settlements(Lake(home.lake), asking, patience=HASTY)
    bill = sum((Decimal(row["cost_usd"]) for row in simulator.bill()["generations"]), Decimal(0))
    assert known_to_new_ones(home) == {bill}


def test_a_running_budget_notices_what_was_settled(home: Home, simulator: RunningSimulator) -> None:
    budget = Budget("1", refresh_seconds=0)
    Recorder(home.root, budgets=[budget])
    kill(home, simulator, "after_headers")
    bill = sum((Decimal(row["cost_usd"]) for row in simulator.bill()["generations"]), Decimal(0))
    assert budget.committed_usd > bill
    seal(home)
    assert budget.committed_usd > bill
    with client_of(simulator) as asking:
        pull_settlements(Lake(home.lake), asking, patience=HASTY)
    assert budget.committed_usd == bill


def test_what_was_made_and_sealed_between_two_calls_is_noticed(
    home: Home, simulator: RunningSimulator
) -> None:
    budget = Budget("1")
    recorder = Recorder(home.root, base_url=simulator.base_url, budgets=[budget])
    assert budget.committed_usd == 0
    with (
        Recorder(home.root, base_url=simulator.base_url) as another,
        OpenRouter(KEY, base_url=simulator.base_url, recorder=another) as client,
    ):
        client.chat(model="openai/gpt-5-nano", messages=[{"role": "user", "content": "fox"}])
    seal(home)
    (row,) = simulator.bill()["generations"]
    assert budget.committed_usd == Decimal(row["cost_usd"])
    recorder.close()


def test_a_call_that_moves_from_spool_to_lake_while_it_runs_counts_once(tmp_path: Path) -> None:
    budget = Budget("1")
    recorder = Recorder(tmp_path, budgets=[budget])
    others = Budget("1", refresh_seconds=0)
    Recorder(tmp_path, budgets=[others])
    with _client(recorder) as client:
        with client.stream("POST", URL, json={"model": "a/b"}) as reply:
            recorder.close()
            seal(Home(tmp_path))
            assert budget.committed_usd == others.committed_usd == Decimal("0.25")
            reply.read()
        assert budget.committed_usd == others.committed_usd == Decimal("0.01")
        recorder.close()
        seal(Home(tmp_path))
    assert budget.committed_usd == others.committed_usd == Decimal("0.01")


@pytest.mark.parametrize(("refresh_seconds", "told"), [(0, "0.01"), (60, "0.25")])
def test_a_settlement_in_the_spool_counts_at_the_next_refresh(
    tmp_path: Path, refresh_seconds: float, told: str
) -> None:
    budget = Budget("1", refresh_seconds=refresh_seconds)
    recorder = Recorder(tmp_path, budgets=[budget])
    named = {"x-generation-id": "gen-1"}
    with (
        _client(recorder, headers=named) as client,
        client.stream("POST", URL, json={"model": "a/b"}),
    ):
        pass
    assert budget.committed_usd == Decimal("0.25")
    settled = {"generation_id": "gen-1", "total_cost_usd": "0.01", "observed_at": utc_now()}
    recorder.spool.append_line(msgspec.json.encode({"settlements": settled}))
    assert budget.committed_usd == Decimal("0.25")
    assert budget.committed_usd == Decimal(told)


def test_what_is_written_again_after_somebody_deleted_it_counts_once(tmp_path: Path) -> None:
    budget = Budget("1")
    Recorder(tmp_path, budgets=[budget])
    with _client(Recorder(tmp_path)) as client:
        client.post(URL, json={"model": "a/b"})
    assert budget.committed_usd == Decimal("0.01")
    (segment,) = (tmp_path / "spool").glob("*.jsonl")
    content = segment.read_bytes()
    segment.unlink()
    segment.with_name("again.jsonl").write_bytes(content)
    assert budget.committed_usd == Decimal("0.01")
    segment.with_name("again.jsonl").unlink()
    assert budget.committed_usd == 0


def test_a_call_counts_for_the_day_on_which_it_began(tmp_path: Path) -> None:
    now = MIDNIGHT - timedelta(seconds=1)
    budget = Budget("0.5", per="day", clock=lambda: now)
    recorder = Recorder(tmp_path, budgets=[budget], clock=lambda: now)
    with _client(recorder) as client:
        client.post(URL, json={"model": "a/b"})
        with client.stream("POST", URL, json={"model": "a/b"}) as reply:
            assert budget.committed_usd == Decimal("0.26")
            now = MIDNIGHT - timedelta(microseconds=1)
            assert budget.committed_usd == Decimal("0.26")
            now = MIDNIGHT
            assert budget.committed_usd == 0
            client.post(URL, json={"model": "a/b"})
            assert budget.committed_usd == Decimal("0.01")
            reply.read()
        assert budget.committed_usd == Decimal("0.01")
    another = Budget("0.5", per="day", clock=lambda: now)
    Recorder(tmp_path, budgets=[another])
    assert another.committed_usd == Decimal("0.01")


def test_a_clock_of_another_zone_has_the_same_days(tmp_path: Path) -> None:
    tokyo = timezone(timedelta(hours=9))
    now = MIDNIGHT - timedelta(hours=5)
    budget = Budget("1", per="day", clock=lambda: now.astimezone(tokyo))
    with _client(Recorder(tmp_path, budgets=[budget], clock=lambda: now)) as client:
        client.post(URL, json={"model": "a/b"})
        now = MIDNIGHT - timedelta(microseconds=1)
        assert budget.committed_usd == Decimal("0.01")
        now = MIDNIGHT
        assert budget.committed_usd == 0


def test_an_export_of_a_recorded_call_adds_nothing_and_rounds_nothing(tmp_path: Path) -> None:
    budget = Budget("1", refresh_seconds=0)
    recorder = Recorder(tmp_path, budgets=[budget])
    with _client(recorder, cost="0.0100004") as client:
        client.post(URL, json={"model": "a/b"})
    exported: dict[str, Any] = {
        "operation_id": "x", "attempt_number": 1, "endpoint": "chat/completions",
        "started_at": utc_now(), "status": "succeeded", "source": "activity_export",
    }  # fmt: skip
    rows = [
        UsageEvent(event_id=name, generation_id=name, reported_cost_usd=Decimal(cost), **exported)
        for name, cost in (("gen-1", "0.010001"), ("gen-2", "0.5"))
    ]
    Lake(tmp_path / "lake").land("usage_events", "export", rows, utc_now())
    assert budget.committed_usd == Decimal("0.5100004")


def _client(
    recorder: Recorder, cost: str = "0.01", headers: dict[str, str] | None = None
) -> httpx.Client:
    def reply(_: httpx.Request) -> httpx.Response:
        content = f'{{"id": "gen-1", "usage": {{"cost": {cost}}}}}'.encode()
        stream = httpx.ByteStream(content)
        told = {"content-type": "application/json", **(headers or {})}
        return httpx.Response(200, headers=told, stream=stream)

    return httpx.Client(transport=recorder.transport(httpx.MockTransport(reply)))

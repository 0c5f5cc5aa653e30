"""Every endpoint, every way to fail: one event each, bytes untouched; the ledger is the bill."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest import Recorder, attribute
from ingest.simulator import RunningSimulator, running_simulator
from tests.conftest import run_inkledger
from tests.landed import landed, one_per_event
from tests.simulator.endpoints import ENDPOINTS, JOBS

REFUSALS = {
    "bad_request": 400,
    "unauthorized": 401,
    "in_flight_budget": 402,
    "budget_spent": 403,
    "no_endpoints": 404,
    "timeout": 408,
    "too_large": 413,
    "unprocessable": 422,
    "rate_limited": 429,
    "internal_error": 500,
    "bad_gateway": 502,
    "bad_gateway_html": 502,
    "unavailable": 503,
    "gateway_timeout": 504,
    "edge_timeout": 524,
    "overloaded": 529,
}
AFTER_200 = (
    "error_200",
    "choice_error",
    "error_mid_stream",
    "error_with_usage",
    "no_usage",
    "cut_stream",
    "stall",
    "silent_stall",
    "truncated_gzip",
    "invalid_utf8",
)
CLOSED_EARLY = "closed_early"
ENDINGS = ("", CLOSED_EARLY, *REFUSALS, *AFTER_200)
POLLS = (
    "",
    "truncated_gzip",
    "invalid_utf8",
    "cut_stream",
    "stall",
    "rate_limited",
    "edge_timeout",
)
PATIENCE_SECONDS = 0.3
MANAGEMENT_KEY = "sk-or-v1-management"


class Tap(httpx.BaseTransport):
    """A transport that keeps what the server sent, before anybody else sees it."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self.sent: list[bytes] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent = []
        response = self._inner.handle_request(request)
        response.stream = _Tapped(response.stream, self.sent)
        return response

    def close(self) -> None:
        self._inner.close()


class _Tapped(httpx.SyncByteStream):
    def __init__(self, inner: Any, sent: list[bytes]) -> None:
        self._inner = inner
        self._sent = sent

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._inner:
            self._sent.append(chunk)
            yield chunk

    def close(self) -> None:
        self._inner.close()


def call(client: httpx.Client, tap: Tap, name: str, ending: str) -> bytes:
    """Make one call and read it as it comes; what came is what was sent."""
    asked = ENDPOINTS[name]
    fault = {} if ending in ("", CLOSED_EARLY) else {"X-Simulate-Fault": ending}
    came: list[bytes] = []
    try:
        with client.stream("POST", asked.path, headers=fault, **asked.content) as reply:
            for chunk in reply.iter_raw():
                came.append(chunk)
                if ending == CLOSED_EARLY:
                    break
    except (httpx.RemoteProtocolError, httpx.ReadTimeout):
        assert ending in ("cut_stream", "stall", "silent_stall"), (name, ending)
    assert came == tap.sent, (name, ending)
    return b"".join(came)


def poll(client: httpx.Client, path: str, fault: str) -> None:
    """Ask for a job once it must be done, at first with a fault."""
    for headers in ({"X-Simulate-Fault": fault}, {}):
        if headers and not fault:
            continue
        try:
            with client.stream("GET", path, headers=headers) as reply:
                for _ in reply.iter_raw():
                    pass
        except (httpx.RemoteProtocolError, httpx.ReadTimeout):
            assert fault in ("cut_stream", "stall")


def make_every_call(simulator: RunningSimulator, home: Path, key: str) -> None:
    tap = Tap()
    with Recorder(home, base_url=simulator.base_url) as recorder:
        client = httpx.Client(
            base_url=simulator.base_url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=PATIENCE_SECONDS,
            transport=recorder.transport(tap),
        )
        with client:
            for name in ENDPOINTS:
                for ending in ENDINGS:
                    with attribute(ebook_id=f"{name}: {ending}"):
                        call(client, tap, name, ending)
            for name in JOBS:
                for fault in POLLS:
                    with attribute(ebook_id=f"{name} polled: {fault}"):
                        job = json.loads(call(client, tap, name, ""))
                    time.sleep(simulator.simulator.config.job_seconds)
                    poll(client, f"{ENDPOINTS[name].path}/{job['id']}", fault)
        assert recorder.failure_count == 0


@pytest.mark.parametrize("key", ["sk-or-v1-plain", "sk-or-v1-byok", "sk-or-v1-byok-fee"])
def test_the_ledger_of_every_endpoint_and_failure_is_the_bill(tmp_path: Path, key: str) -> None:
    instant = (0.0, 0.0)
    with running_simulator(
        settlement_delay_seconds=instant, interrupted_delay_seconds=instant, job_seconds=0.05
    ) as simulator:
        make_every_call(simulator, tmp_path, key)
        told = one_per_event(landed(tmp_path))
        environment = {
            "OPENROUTER_BASE_URL": simulator.base_url,
            "OPENROUTER_API_KEY": key,
            "OPENROUTER_MANAGEMENT_KEY": MANAGEMENT_KEY,
        }
        for command in (["pull", "settlements"], ["build"]):
            finished = run_inkledger(tmp_path, *command, **environment)
            assert finished.returncode == 0, finished.stderr + finished.stdout
        bill = simulator.bill()

    calls = [f"{name}: {ending}" for name in ENDPOINTS for ending in ENDINGS]
    calls += [f"{name} polled: {fault}" for name in JOBS for fault in POLLS]
    assert Counter(row["ebook_id"] for row in told) == Counter(calls)

    rows = run_inkledger(tmp_path, "report", "status", "--format", "json")
    status = json.loads(rows.stdout)
    billed = {row["id"]: Decimal(row["cost_usd"]) for row in bill["generations"]}
    settled = landed(tmp_path, "settlements")
    matched = {row["event_id"]: row["generation_id"] for row in settled if row["event_id"]}
    generations = {
        row["ebook_id"]: row["generation_id"] or matched.get(row["event_id"]) for row in told
    }
    costs = ledger_costs(told, settled)
    wrong = {
        ebook: (name, costs[name], billed.get(name))
        for ebook, name in generations.items()
        if name is not None and costs[name] != billed.get(name)
    }
    assert wrong == {}
    assert Counter(filter(None, generations.values())) == Counter(dict.fromkeys(billed, 1))
    assert Decimal(status["cost_usd"]) == Decimal(bill["total_usd"])


def ledger_costs(
    told: list[dict[str, Any]], settled: list[dict[str, Any]]
) -> dict[str, Decimal | None]:
    """True spend by generation: what the newest settlement says, else what the reply said."""
    costs: dict[str, Decimal | None] = {}
    for row in told:
        costs[str(row["generation_id"])] = spend(row["reported_cost_usd"], row)
    for row in sorted(settled, key=lambda row: str(row["observed_at"])):
        costs[row["generation_id"]] = spend(row["total_cost_usd"], row)
    return costs


def spend(credits_usd: Decimal | None, row: dict[str, Any]) -> Decimal | None:
    if credits_usd is None or not row["is_byok"]:
        return credits_usd
    upstream_usd = row["upstream_cost_usd"]
    return None if upstream_usd is None else credits_usd + upstream_usd

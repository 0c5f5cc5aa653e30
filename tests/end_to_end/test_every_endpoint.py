"""Every endpoint, every way to fail: one event each, bytes untouched; the ledger is the bill."""

import asyncio
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest.simulator import running_simulator
from tests.conftest import run_inkledger
from tests.end_to_end.driving import CALLS, CLOSED_EARLY, GIVEN_UP, IN_STREAMS, REFUSALS, drive
from tests.landed import landed, one_per_event
from tests.simulator.endpoints import ENDPOINTS

Row = dict[str, Any]


@pytest.mark.long
@pytest.mark.parametrize(
    ("key", "is_awaited"),
    [("sk-or-v1-plain", False), ("sk-or-v1-byok", True), ("sk-or-v1-byok-fee", False)],
)
def test_the_ledger_of_every_endpoint_and_failure_is_the_bill(
    tmp_path: Path, key: str, is_awaited: bool
) -> None:
    instant = (0.0, 0.0)
    with running_simulator(
        settlement_delay_seconds=instant, interrupted_delay_seconds=instant, job_seconds=0.05
    ) as simulator:
        asyncio.run(drive(simulator, tmp_path, key, is_awaited=is_awaited))
        told = one_per_event(landed(tmp_path))
        status = settled_status(
            tmp_path,
            OPENROUTER_BASE_URL=simulator.base_url,
            OPENROUTER_API_KEY=key,
            OPENROUTER_MANAGEMENT_KEY="sk-or-v1-management",
        )
        bill = simulator.bill()

    assert Counter(row["ebook_id"] for row in told) == Counter(CALLS)
    assert {row["ebook_id"]: row["status"] for row in told if not is_as_expected(row)} == {}
    settled = landed(tmp_path, "settlements")
    generations = billed_generations(told, settled)
    billed = {row["id"]: Decimal(row["cost_usd"]) for row in bill["generations"]}
    assert Counter(generations.values()) == Counter(dict.fromkeys(billed, 1))
    assert costs(told, settled, generations) == {
        ebook: billed[generation] for ebook, generation in generations.items()
    }
    assert Decimal(status["cost_usd"]) == Decimal(bill["total_usd"]) > 0
    assert status["quarantined_count"] == 0


def settled_status(home: Path, **environment: str) -> Any:
    """What `report status` says after a pull and a build."""
    for command in (["pull", "settlements"], ["build"]):
        finished = run_inkledger(home, *command, **environment)
        assert finished.returncode == 0, finished.stderr + finished.stdout
    return json.loads(run_inkledger(home, "report", "status", "--format", "json").stdout)


def is_as_expected(row: Row) -> bool:
    """Whether an event ended as docs/recording.md says that its call does."""
    name, _, ending = row["ebook_id"].partition(": ")
    if "asked for" in name:
        return bool(row["status"] == "succeeded")
    if ending in REFUSALS:
        return (row["status"], row["http_status"]) == ("failed", REFUSALS[ending])
    return row["status"] in expected_statuses(name, ending, ENDPOINTS[name].is_streamed)


def expected_statuses(name: str, ending: str, is_streamed: bool) -> tuple[str, ...]:
    if ending == CLOSED_EARLY:
        # A body that was there at once was there whole.
        is_piecemeal = is_streamed or name == "speech"
        return ("cancelled",) if is_piecemeal else ("cancelled", "succeeded")
    if ending in GIVEN_UP:
        return ("cancelled",)
    is_failed = (
        ending in ("error_200", "cut_stream")
        or (ending in IN_STREAMS and is_streamed)
        or (ending == "choice_error" and name in ("chat", "chat image", "responses"))
        # Whether sound is whole nobody can tell.
        or (ending == "truncated_gzip" and name != "speech")
    )
    return ("failed",) if is_failed else ("succeeded",)


def billed_generations(told: list[Row], settled: list[Row]) -> dict[str, str]:
    """Call → generation: from its reply, or matched to it later."""
    matched = {row["event_id"]: row["generation_id"] for row in settled if row["event_id"]}
    return {
        row["ebook_id"]: generation_id
        for row in told
        if (generation_id := row["generation_id"] or matched.get(row["event_id"]))
    }


def costs(
    told: list[Row], settled: list[Row], generations: dict[str, str]
) -> dict[str, Decimal | None]:
    """Call → true spend: what the newest settlement says, else what the reply said."""
    spent = {row["ebook_id"]: spend(row["reported_cost_usd"], row) for row in told}
    ordered = sorted(settled, key=lambda row: str(row["observed_at"]))
    later = {row["generation_id"]: spend(row["total_cost_usd"], row) for row in ordered}
    return {ebook: later.get(name, spent[ebook]) for ebook, name in generations.items()}


def spend(credits_usd: Decimal | None, row: Row) -> Decimal | None:
    if credits_usd is None or not row["is_byok"]:
        return credits_usd
    upstream_usd = row["upstream_cost_usd"]
    return None if upstream_usd is None else credits_usd + upstream_usd

"""A call that could pass a limit is not sent, however many are in flight and whoever spent."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ingest import (
    AsyncOpenRouter,
    Budget,
    BudgetExceeded,
    BudgetThresholdReached,
    EventBus,
    NoAnswer,
    OpenRouter,
    Recorder,
    RequestRefused,
    UsageError,
    attribute,
    production_run,
)
from ingest.budgets.scope import hash_of
from ingest.lake import Lake
from ingest.pull.settlements import pull_settlements
from ingest.seal import seal
from ingest.settings import Home
from ingest.simulator import RunningSimulator
from tests.landed import landed
from tests.pull.providers import HASTY, client_of

MODEL = "openai/gpt-5-nano"
KEY = "sk-or-v1-test"


def ask(number: int = 0, **parameters: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": f"Name fox number {number}."}]
    return {"model": MODEL, "messages": messages, "max_tokens": 200, **parameters}


def billed_usd(simulator: RunningSimulator) -> Decimal:
    return sum((Decimal(row["cost_usd"]) for row in simulator.bill()["generations"]), Decimal(0))


@pytest.fixture
def opened(home: Home, simulator: RunningSimulator) -> Callable[..., OpenRouter]:
    """A client that spends from the budgets it is given."""

    def opened(*budgets: Budget, bus: EventBus | None = None, key: str = KEY) -> OpenRouter:
        recorder = Recorder(home.root, base_url=simulator.base_url, budgets=budgets, bus=bus)
        return OpenRouter(key, base_url=simulator.base_url, recorder=recorder)

    return opened


def test_a_call_that_could_pass_the_limit_is_never_sent(
    opened: Callable[..., OpenRouter], home: Home, simulator: RunningSimulator
) -> None:
    with opened(Budget("0.00001", ebook_id="forest")) as client:
        with attribute(ebook_id="forest"), pytest.raises(BudgetExceeded, match="not sent") as told:
            client.chat(**ask())
        assert "0.00001 USD for ebook forest" in str(told.value)
        assert simulator.bill()["generations"] == []
        with attribute(ebook_id="meadow"):
            client.chat(**ask())
        client.recorder.close()
    assert [row["ebook_id"] for row in landed(home.root)] == ["meadow"]


def test_with_64_calls_at_once_the_bill_stays_below_the_limit(
    home: Home, simulator: RunningSimulator
) -> None:
    limit = Decimal("0.004")
    budget = Budget(limit, ebook_id="forest")

    async def everything() -> int:
        recorder = Recorder(home.root, base_url=simulator.base_url, budgets=[budget])
        async with AsyncOpenRouter(KEY, base_url=simulator.base_url, recorder=recorder) as client:
            with attribute(ebook_id="forest"):
                answers = await asyncio.gather(
                    *(client.chat(**ask(number)) for number in range(200)), return_exceptions=True
                )
        recorder.close()
        assert {type(answer).__name__ for answer in answers} == {"Reply", "BudgetExceeded"}
        return sum(isinstance(answer, BudgetExceeded) for answer in answers)

    refused = asyncio.run(everything())
    rows = landed(home.root)
    assert len(rows) == 200 - refused == len(simulator.bill()["generations"])
    assert limit * Decimal("0.0001") < billed_usd(simulator) <= limit
    assert budget.committed_usd == billed_usd(simulator)


def test_with_64_threads_the_bill_stays_below_the_limit(
    opened: Callable[..., OpenRouter], simulator: RunningSimulator
) -> None:
    limit = Decimal("0.003")
    budget = Budget(limit)

    def call(number: int) -> bool:
        try:
            client.chat(**ask(number))
        except BudgetExceeded:
            return False
        return True

    with opened(budget) as client, ThreadPoolExecutor(64) as threads:
        answered = sum(threads.map(call, range(300)))
        # Refused then was what did not fit beside the calls in flight. Now none is.
        while call(300 + answered):
            answered += 1
    assert 0 < answered == len(simulator.bill()["generations"])
    assert billed_usd(simulator) == budget.committed_usd <= limit
    assert billed_usd(simulator) > limit - Decimal("0.0002")


@pytest.mark.parametrize("is_sealed", [False, True])
def test_a_restart_knows_what_was_spent(
    opened: Callable[..., OpenRouter], home: Home, simulator: RunningSimulator, is_sealed: bool
) -> None:
    with opened(Budget("1")) as client, attribute(ebook_id="forest"):
        client.chat(**ask())
        client.recorder.close()
    if is_sealed:
        seal(home)
    again = Budget(billed_usd(simulator) + Decimal("0.00001"), ebook_id="forest")
    with opened(again) as client, attribute(ebook_id="forest"), pytest.raises(BudgetExceeded):
        client.chat(**ask())
    assert again.committed_usd == billed_usd(simulator)


def test_what_an_unfinished_call_may_cost_is_held_until_it_is_settled(
    opened: Callable[..., OpenRouter], home: Home, simulator: RunningSimulator
) -> None:
    budget = Budget("1")
    with opened(budget) as client, pytest.raises(NoAnswer):
        for _ in client.chat(**ask(model=f"{MODEL}#fault=cut_stream"), stream=True):
            pass
    client.recorder.close()
    held = budget.committed_usd
    assert held > billed_usd(simulator)
    seal(home)
    (row,) = landed(home.root)
    assert row["reserved_usd"] == held
    restarted = Budget("1")
    assert spent_as_known(restarted, opened) == held
    with client_of(simulator) as asking:
        pull_settlements(Lake(home.lake), asking, patience=HASTY)
    assert spent_as_known(Budget("1"), opened) == billed_usd(simulator)


def spent_as_known(budget: Budget, opened: Callable[..., OpenRouter]) -> Decimal:
    """What a budget counts before its first call."""
    opened(budget)
    return budget.committed_usd


def test_a_refusal_that_is_never_billed_frees_all_of_it(
    opened: Callable[..., OpenRouter], simulator: RunningSimulator
) -> None:
    budget = Budget("1")
    with opened(budget) as client, pytest.raises(RequestRefused):
        client.chat(**ask(model=f"{MODEL}#fault=bad_request"))
    assert budget.committed_usd == billed_usd(simulator) == 0


def test_others_of_the_same_home_are_noticed(
    opened: Callable[..., OpenRouter], simulator: RunningSimulator
) -> None:
    budget = Budget("1", refresh_seconds=0)
    with opened(budget) as client, opened() as another:
        client.chat(**ask(1))
        another.chat(**ask(2))
        client.chat(**ask(3))
    assert budget.committed_usd == billed_usd(simulator)


def test_each_day_begins_anew(opened: Callable[..., OpenRouter]) -> None:
    today = datetime.now(UTC)
    clock = iter([today, today, today + timedelta(days=1)])
    budget = Budget("0.0002", per="day", clock=lambda: next(clock))
    with opened(budget) as client:
        client.chat(**ask(1))
        with pytest.raises(BudgetExceeded, match=r"all calls today \(UTC\)"):
            client.chat(**ask(2, max_tokens=500))
        client.chat(**ask(3))


def test_each_run_has_its_own(opened: Callable[..., OpenRouter]) -> None:
    with opened(Budget("0.0002", per="run")) as client:
        for ebook_id in ("forest", "meadow"):
            with production_run(ebook_id=ebook_id) as run:
                client.chat(**ask(1))
                with pytest.raises(BudgetExceeded, match=f"run {run.run_id}"):
                    client.chat(**ask(2, max_tokens=500))
        client.chat(**ask(3, max_tokens=500))


def test_a_key_has_a_budget_of_its_own_and_is_not_kept(opened: Callable[..., OpenRouter]) -> None:
    budget = Budget("0", api_key="sk-or-v1-poor")
    with opened(budget, key="sk-or-v1-rich") as client:
        client.chat(**ask())
    with opened(budget, key="sk-or-v1-poor") as client, pytest.raises(BudgetExceeded) as told:
        client.chat(**ask())
    assert hash_of("sk-or-v1-poor")[:8] in str(told.value)
    assert "poor" not in f"{vars(budget)} {told.value}"


def test_a_soft_limit_is_told_once(opened: Callable[..., OpenRouter]) -> None:
    told: list[BudgetThresholdReached] = []
    bus = EventBus()
    bus.subscribe(BudgetThresholdReached, told.append)
    with opened(Budget("1", ebook_id="a", soft_limit="0.0001"), bus=bus) as client:
        for number in range(5):
            with attribute(ebook_id="a"):
                client.chat(**ask(number, max_tokens=500))
    (reached,) = told
    assert (reached.scope, reached.limit_usd) == ("ebook a", Decimal(1))
    assert reached.soft_limit_usd == Decimal("0.0001") <= reached.committed_usd


def test_the_earlier_budget_frees_what_a_later_one_refuses(
    opened: Callable[..., OpenRouter],
) -> None:
    wide, narrow = Budget("1"), Budget("0.000001")
    with opened(wide, narrow) as client, pytest.raises(BudgetExceeded):
        client.chat(**ask())
    assert wide.committed_usd == narrow.committed_usd == 0


def test_a_model_without_a_known_price_holds_what_is_said(
    opened: Callable[..., OpenRouter], home: Home
) -> None:
    for path in (home.lake / "model_prices").rglob("*.parquet"):
        path.unlink()
    with opened(Budget("0.3")) as client:
        client.chat(**ask(1))
    with opened(Budget("0.2")) as client, pytest.raises(BudgetExceeded, match=r"may cost 0\.25"):
        client.chat(**ask(2))
    with opened(Budget("0.2", unknown_call_usd="0.1")) as client:
        client.chat(**ask(3))


def test_a_lake_that_cannot_be_read_does_not_cost_a_call_its_record(
    opened: Callable[..., OpenRouter], home: Home
) -> None:
    broken = home.lake / "usage_events" / "landed_date=2026-01-01" / "broken.parquet"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no Parquet")
    with opened(Budget("1")) as client:
        client.chat(**ask())
        client.recorder.close()
    assert client.recorder.failure_count == 1
    broken.unlink()
    assert [row["status"] for row in landed(home.root)] == ["succeeded"]


def test_a_forked_child_knows_what_its_parent_spent(
    opened: Callable[..., OpenRouter], simulator: RunningSimulator
) -> None:
    budget = Budget("1")
    with opened(budget) as client:
        client.chat(**ask())
        child = os.fork()
        if child == 0:
            exit_code = 1
            try:
                with opened(budget) as its_own:
                    its_own.chat(**ask(1))
                exit_code = 0 if budget.committed_usd == billed_by(simulator) else 2
            finally:
                os._exit(exit_code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def billed_by(simulator: RunningSimulator) -> Decimal:
    """The bill as another process sees it."""
    bill = httpx.get(f"{simulator.base_url}/simulator/bill").json()
    return sum((Decimal(row["cost_usd"]) for row in bill["generations"]), Decimal(0))


def test_a_budget_counts_one_home_only(home: Home, simulator: RunningSimulator) -> None:
    budget = Budget("1")
    Recorder(home.root, budgets=[budget])
    with pytest.raises(UsageError, match="one home"):
        Recorder(home.root / "another", budgets=[budget])

"""However a call ends, what was held for it is spent, kept or freed exactly once."""

import asyncio
import gc
import itertools
import json
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest import Budget, BudgetExceeded, Recorder
from ingest.clock import utc_now
from ingest.lake import Lake
from ingest.records import ModelPrice
from ingest.wire.billing import NEVER_BILLED

URL = "https://openrouter.ai/api/v1/chat/completions"
HELD = Decimal("0.25")
COST = Decimal("0.0013")
BYOK_COST = Decimal("0.0000652") + Decimal("0.001304")
IN_DOUBT = None


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Chunks, then an error if there is one."""

    def __init__(self, *chunks: bytes, error: Exception | None = None) -> None:
        self.chunks, self.error = chunks, error

    def __iter__(self) -> Iterator[bytes]:
        yield from self.chunks
        if self.error is not None:
            raise self.error

    async def __aiter__(self) -> Any:
        for chunk in self:
            yield chunk


def usage(**more: Any) -> bytes:
    counts = {"prompt_tokens": 4, "completion_tokens": 9, "total_tokens": 13}
    return json.dumps({"id": "x", "choices": [], "usage": {**counts, **more}}).encode()


def event(body: bytes) -> bytes:
    return b"data: " + body + b"\n\n"


STREAM = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}
ENDS: dict[str, tuple[int, dict[str, str], list[bytes], Exception | None, Decimal | None]] = {
    "whole": (200, JSON, [usage(cost=0.0013)], None, COST),
    "streamed": (200, STREAM, [event(usage(cost=0.0013)), b"data: [DONE]\n\n"], None, COST),
    "own key": (
        200, JSON, [usage(cost=0.0000652, is_byok=True, cost_details={
            "upstream_inference_cost": 0.001304})], None, BYOK_COST,
    ),
    "own key without upstream": (200, JSON, [usage(cost=0.0001, is_byok=True)], None, IN_DOUBT),
    "without usage": (200, JSON, [b'{"id": "x", "choices": []}'], None, IN_DOUBT),
    "no JSON": (200, JSON, [b"<html>"], None, IN_DOUBT),
    "cost of nonsense": (200, JSON, [usage(cost="much")], None, IN_DOUBT),
    "cost with a tail": (
        200, JSON, [b'{"usage": {"cost": 0.0013000000000004}}'], None, COST,
    ),
    "cost without measure": (200, JSON, [b'{"usage": {"cost": 1e300}}'], None, IN_DOUBT),
    "negative cost": (200, JSON, [usage(cost=-3)], None, IN_DOUBT),
    "error in 200": (200, JSON, [b'{"error": {"code": 502, "message": "no"}}'], None, IN_DOUBT),
    "error with usage": (
        200, STREAM, [event(b'{"error": {"code": 1}, "usage": {"cost": 0.0013}}')], None, COST,
    ),
    "cut": (200, STREAM, [event(b"{}")], httpx.ReadError("cut"), IN_DOUBT),
    "timed out": (200, STREAM, [event(b"{}")], httpx.ReadTimeout("slow"), IN_DOUBT),
    **{
        str(status): (status, JSON, [b'{"error": {"code": 1, "message": "no"}}'], None,
                      Decimal(0) if status in NEVER_BILLED else IN_DOUBT)
        for status in (400, 401, 402, 403, 404, 408, 413, 422, 429, 499, 500, 502, 503, 504, 524,
                       529)
    },
}  # fmt: skip
NUMBERS = itertools.count()


def answer(end: str) -> httpx.Response:
    status, headers, chunks, error, _ = ENDS[end]
    named = {**headers, "x-generation-id": f"gen-{next(NUMBERS)}"}
    return httpx.Response(status, headers=named, stream=Body(*chunks, error=error))


def left_by(end: str) -> Decimal:
    """What a call that ended so leaves in the account."""
    told = ENDS[end][-1]
    return HELD if told is None else told


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path, budgets=[Budget("100000")])


def budget_of(recorder: Recorder) -> Budget:
    (budget,) = recorder.gates
    assert isinstance(budget, Budget)
    return budget


def client_of(recorder: Recorder) -> httpx.Client:
    def reply(request: httpx.Request) -> httpx.Response:
        return answer(json.loads(request.content)["end"])

    return httpx.Client(transport=recorder.transport(httpx.MockTransport(reply)))


def ask(client: httpx.Client, end: str) -> None:
    try:
        client.post(URL, json={"model": "a/b", "end": end})
    except httpx.HTTPError:
        assert ENDS[end][3] is not None


def as_read_again(recorder: Recorder) -> Decimal:
    """What another process would begin with."""
    another = Budget("100000")
    Recorder(recorder.home.root, budgets=[another])
    return another.committed_usd


@pytest.mark.parametrize("end", ENDS)
def test_what_a_call_leaves_is_the_same_here_and_after_a_restart(
    recorder: Recorder, end: str
) -> None:
    with client_of(recorder) as client:
        ask(client, end)
    assert budget_of(recorder).committed_usd == left_by(end)
    assert as_read_again(recorder) == left_by(end)


def test_a_thousand_calls_that_end_in_every_way_leave_exactly_what_they_should(
    recorder: Recorder,
) -> None:
    chance = random.Random(7)
    expected = Decimal(0)
    with client_of(recorder) as client:
        for _ in range(1000):
            end = chance.choice([*ENDS])
            expected += left_by(end)
            ask(client, end)
    assert budget_of(recorder).committed_usd == expected == as_read_again(recorder)
    assert recorder.failure_count == 0


def leave_early(client: httpx.Client) -> None:
    with client.stream("POST", URL, json={"model": "a/b", "end": "streamed"}):
        pass


def forget_the_reply(client: httpx.Client) -> None:
    request = client.build_request("POST", URL, json={"model": "a/b", "end": "streamed"})
    client.send(request, stream=True)


def forget_a_refusal(client: httpx.Client) -> None:
    request = client.build_request("POST", URL, json={"model": "a/b", "end": "429"})
    client.send(request, stream=True)


@pytest.mark.parametrize(
    ("leave", "left"), [(leave_early, HELD), (forget_the_reply, HELD), (forget_a_refusal, 0)]
)
def test_a_reply_that_nobody_reads_counts_as_the_spool_has_it(
    recorder: Recorder, leave: Callable[[httpx.Client], None], left: Decimal
) -> None:
    with client_of(recorder) as client:
        for _ in range(3):
            leave(client)
        gc.collect()
    assert budget_of(recorder).committed_usd == 3 * left == as_read_again(recorder)


def test_a_refusal_frees_what_it_held_before_its_reply_is_read(recorder: Recorder) -> None:
    with client_of(recorder) as client:
        request = client.build_request("POST", URL, json={"model": "a/b", "end": "429"})
        reply = client.send(request, stream=True)
        assert budget_of(recorder).committed_usd == 0
        reply.close()
    assert budget_of(recorder).committed_usd == 0


def test_cancelled_tasks_keep_what_they_held_once(recorder: Recorder) -> None:
    async def reply(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    async def everything() -> None:
        transport = recorder.async_transport(httpx.MockTransport(reply))
        async with httpx.AsyncClient(transport=transport) as client:
            tasks = [
                asyncio.create_task(client.post(URL, json={"model": "a/b"})) for _ in range(64)
            ]
            await asyncio.sleep(0.05)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(everything())
    assert budget_of(recorder).committed_usd == 64 * HELD == as_read_again(recorder)


def test_what_the_spool_could_not_write_still_counts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    recorder = Recorder(tmp_path, budgets=[Budget("1", refresh_seconds=0)])
    with client_of(recorder) as client:
        for _ in range(3):
            ask(client, "whole")
        ask(client, "cut")
        assert recorder.spool.unwritten_count > 0
        assert budget_of(recorder).committed_usd == 3 * COST + HELD
        (tmp_path / "spool").unlink()
        ask(client, "whole")
    assert budget_of(recorder).committed_usd == 4 * COST + HELD == as_read_again(recorder)


def test_two_budgets_of_one_recorder_and_two_recorders_of_one_budget_agree(tmp_path: Path) -> None:
    wide, narrow = Budget("1"), Budget("0.6", unknown_call_usd="0.1")
    first = Recorder(tmp_path, budgets=[wide, narrow])
    second = Recorder(tmp_path, budgets=[narrow, wide])
    with client_of(first) as one, client_of(second) as another:
        for client in (one, another, one):
            ask(client, "whole")
        assert wide.committed_usd == narrow.committed_usd == 3 * COST
        # The dearer of what two budgets hold is written with the call: a restart holds that.
        with one.stream("POST", URL, json={"model": "a/b", "end": "whole"}):
            assert wide.committed_usd == 3 * COST + HELD
            assert narrow.committed_usd == 3 * COST + Decimal("0.1")
        ask(another, "cut")
        assert wide.committed_usd == 3 * COST + 2 * HELD
        ask(another, "cut")
        with pytest.raises(BudgetExceeded, match="The budget of 1 USD"):
            ask(one, "cut")


def entry_count(budget: Budget) -> int:
    """How many calls a budget remembers one by one."""
    return sum(len(each._knowledge.tally._calls) for each in budget._accounts.values()
               if each._knowledge is not None)  # fmt: skip


def test_calls_that_are_over_are_not_remembered_one_by_one(tmp_path: Path) -> None:
    budgets = [Budget("1"), Budget("1", per="day"), Budget("0.3")]
    recorder = Recorder(tmp_path, budgets=budgets)
    with client_of(recorder) as client:
        for _ in range(30):
            ask(client, "whole")
            ask(client, "429")
        forget_a_refusal(client)
        gc.collect()
        with client.stream("POST", URL, json={"model": "a/b", "end": "streamed"}):
            for _ in range(30):
                with pytest.raises(BudgetExceeded):
                    ask(client, "whole")
    assert [budget.committed_usd for budget in budgets] == 3 * [30 * COST + HELD]
    # The last one was left early, and stays in doubt.
    assert [entry_count(budget) for budget in budgets] == [1, 1, 1]


def test_what_was_dropped_and_could_not_be_written_still_counts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    budget = Budget("1", refresh_seconds=0, per="day")
    with client_of(Recorder(tmp_path, budgets=[budget])) as client:
        forget_the_reply(client)
        gc.collect()
        assert budget.committed_usd == HELD
        ebooks = tmp_path / "lake" / "settlements" / "landed_date=2026-01-01"
        ebooks.mkdir(parents=True)
        assert budget.committed_usd == HELD


@pytest.mark.parametrize(
    "more", [{"max_tokens": 10**30}, {"n": 10**30}, {"n": 10**18, "max_tokens": 10**18}]
)
def test_a_call_without_measure_is_refused(recorder: Recorder, more: dict[str, Any]) -> None:
    price = ModelPrice(
        model="a/b", input_usd_per_token=Decimal("1e-6"), output_usd_per_token=Decimal("1e-6"),
        observed_at=utc_now(), pricing_json="{}",
    )  # fmt: skip
    Lake(recorder.home.lake).land("model_prices", "prices", [price], utc_now())
    with client_of(recorder) as client, pytest.raises(BudgetExceeded):
        client.post(URL, json={"model": "a/b", "end": "whole", "messages": [], **more})
    assert recorder.failure_count == 0

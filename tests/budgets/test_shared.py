"""Several processes that share a budget never pass it together."""

import asyncio
import multiprocessing
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from ingest import AsyncOpenRouter, Budget, BudgetExceeded, OpenRouter, Recorder
from ingest.seal import seal
from ingest.settings import Home
from ingest.simulator import RunningSimulator
from tests.budgets.spender import KEY, MODEL, spend

LIMIT = Decimal("0.002")


def billed_usd(simulator: RunningSimulator) -> Decimal:
    return sum((Decimal(row["cost_usd"]) for row in simulator.bill()["generations"]), Decimal(0))


def test_processes_that_begin_together_stay_below_the_limit_together(
    home: Home, simulator: RunningSimulator
) -> None:
    command = [sys.executable, "-m", "tests.budgets.spender", str(home.root), simulator.base_url]
    processes = [
        subprocess.Popen(
            [*command, str(LIMIT), "80"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    answered = []
    for process in processes:
        assert process.stdout is not None
        answered.append(int(process.stdout.read()))
        process.stdout.close()
        assert process.wait() == 0
    assert sum(answered) == len(simulator.bill()["generations"]) > 8
    assert LIMIT - Decimal("0.0004") < billed_usd(simulator) <= LIMIT


def test_forked_children_and_their_parent_stay_below_the_limit_together(
    home: Home, simulator: RunningSimulator
) -> None:
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            exit_code = 1
            try:
                spend(str(home.root), simulator.base_url, str(LIMIT), 80)
                exit_code = 0
            finally:
                os._exit(exit_code)
        children.append(child)
    spend(str(home.root), simulator.base_url, str(LIMIT), 80)
    for child in children:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert LIMIT - Decimal("0.0004") < billed_usd(simulator) <= LIMIT


def test_threads_tasks_and_recorders_of_one_process_stay_below_the_limit_together(
    home: Home, simulator: RunningSimulator
) -> None:
    shared = Budget(LIMIT)
    to: dict[str, Any] = {"base_url": simulator.base_url}
    recorders = [Recorder(home.root, budgets=[shared], **to) for _ in range(2)]
    recorders.append(Recorder(home.root, budgets=[Budget(LIMIT), Budget(LIMIT, per="day")], **to))

    def call(number: int) -> bool:
        try:
            clients[number % 3].chat(model=MODEL, messages=message(number), max_tokens=200)
        except BudgetExceeded:
            return False
        return True

    async def everything() -> int:
        async with AsyncOpenRouter(KEY, recorder=recorders[2], **to) as client:
            tasks = [
                client.chat(model=MODEL, messages=message(1000 + number), max_tokens=200)
                for number in range(64)
            ]
            told = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(each).__name__ for each in told} <= {"Reply", "BudgetExceeded"}
        return sum(not isinstance(each, BudgetExceeded) for each in told)

    clients = [OpenRouter(KEY, recorder=recorder, **to) for recorder in recorders]
    with ThreadPoolExecutor(65) as threads:
        in_tasks = threads.submit(asyncio.run, everything())
        answered = sum(threads.map(call, range(128))) + in_tasks.result()
        while call(5000 + answered):
            answered += 1
    for client in clients:
        client.close()
    assert answered == len(simulator.bill()["generations"])
    assert LIMIT - Decimal("0.0003") < billed_usd(simulator) <= LIMIT
    assert shared.committed_usd == billed_usd(simulator)
    assert [recorder.failure_count for recorder in recorders] == [0, 0, 0]


def message(number: int) -> list[dict[str, Any]]:
    return [{"role": "user", "content": f"Name fox number {number}."}]


def spend_from(budget: Budget, home: str, base_url: str) -> None:
    """In a spawned process: the budget came with it."""
    recorder = Recorder(home, base_url=base_url, budgets=[budget])
    with OpenRouter(KEY, base_url=base_url, recorder=recorder) as client:
        for number in range(20):
            try:
                client.chat(model=MODEL, messages=message(number), max_tokens=200)
            except BudgetExceeded:
                return


def test_a_budget_that_is_handed_to_spawned_processes_is_shared(
    home: Home, simulator: RunningSimulator
) -> None:
    budget = Budget(LIMIT / 2)
    Recorder(home.root, budgets=[budget])
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.starmap(spend_from, [(budget, str(home.root), simulator.base_url)] * 3)
    assert LIMIT / 2 - Decimal("0.0003") < billed_usd(simulator) <= LIMIT / 2
    assert budget.committed_usd == billed_usd(simulator)


def test_processes_that_are_killed_and_begun_again_stay_below_the_limit(
    home: Home, simulator: RunningSimulator
) -> None:
    chance, limit = random.Random(3), 5 * LIMIT
    command = [sys.executable, "-m", "tests.budgets.spender", str(home.root), simulator.base_url]
    for _ in range(3):
        processes = [
            subprocess.Popen([*command, str(limit), "500"], stdin=subprocess.DEVNULL)
            for _ in range(2)
        ]
        before = len(simulator.bill()["generations"])
        while len(simulator.bill()["generations"]) == before:
            if all(process.poll() is not None for process in processes):
                break  # Nothing fits any more.
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.2))
        for process in processes:
            process.kill()
            process.wait()
        seal(home)
    budget = Budget(limit)
    Recorder(home.root, budgets=[budget])
    assert 0 < billed_usd(simulator) <= budget.committed_usd <= limit

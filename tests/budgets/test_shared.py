"""Several processes that share a budget never pass it together."""

import os
import subprocess
import sys
from decimal import Decimal

from ingest.settings import Home
from ingest.simulator import RunningSimulator
from tests.budgets.spender import spend

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

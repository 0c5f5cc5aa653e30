"""What the users of a client see of a call that a budget refuses: `python -m … OpenAi whole`.

Run by test_clients_of_others.py in the environment that has the client. Writes as JSON how often
the budget was asked and the names of the error and of its causes.
"""

import asyncio
import json
import sys
import tempfile
from typing import Any

from ingest import Budget, Recorder
from ingest.recording.gate import OutgoingCall
from tests.clients import calls


class CountedBudget(Budget):
    """Counts how often it is asked."""

    asked_count = 0

    def reserve(self, call: OutgoingCall) -> Any:
        self.asked_count += 1
        return super().reserve(call)


def refuse(client_name: str, way: str) -> dict[str, Any]:
    """One call with a budget of nothing."""
    budget = CountedBudget("0")
    with tempfile.TemporaryDirectory() as home:
        recorder = Recorder(home, base_url=calls.URL, budgets=[budget])
        call = getattr(getattr(calls, client_name)(recorder, calls.URL), way)
        try:
            outcome = call(calls.MODEL, "Name a fox.")
            if asyncio.iscoroutine(outcome):
                asyncio.run(outcome)
        except Exception as error:
            return {"asked_count": budget.asked_count, "errors": causes(error)}
    raise AssertionError("the call was not refused")


def causes(error: BaseException | None) -> list[str]:
    """The names of an error and of what it was raised from, each once."""
    names: list[str] = []
    while error is not None and type(error).__name__ not in names:
        names.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    return names


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(refuse(sys.argv[1], sys.argv[2])))

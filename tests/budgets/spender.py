"""A process that spends from a budget which others spend from at the same time.

`python -m tests.budgets.spender HOME BASE_URL LIMIT CALLS`; writes how many calls were answered.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from ingest import Budget, BudgetExceeded, OpenRouter, Recorder

KEY = "sk-or-v1-test"
MODEL = "openai/gpt-5-nano"
THREADS = 8


def spend(home: str, base_url: str, limit: str, call_count: int) -> int:
    """Ask until every call was answered or refused; how many were answered."""
    recorder = Recorder(home, base_url=base_url, budgets=[Budget(limit)])
    with OpenRouter(KEY, base_url=base_url, recorder=recorder) as client:

        def ask(number: int) -> bool:
            messages = [{"role": "user", "content": f"Name fox number {number}."}]
            try:
                client.chat(model=MODEL, messages=messages, max_tokens=200)
            except BudgetExceeded:
                return False
            return True

        with ThreadPoolExecutor(THREADS) as threads:
            answered = sum(threads.map(ask, range(call_count)))
    recorder.close()
    assert recorder.failure_count == 0
    return answered


if __name__ == "__main__":
    sys.stdin.read()  # All begin at once.
    _, home, base_url, limit, call_count = sys.argv
    sys.stdout.write(str(spend(home, base_url, limit, int(call_count))))

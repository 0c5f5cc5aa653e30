"""Tell a Slack-compatible webhook when a budget passes its soft limit, beside the calls."""

import html
import json
import logging
import os
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from ingest import Budget, BudgetThresholdReached, EventBus, OpenRouter, Recorder, attribute

KEY = os.environ.get("OPENROUTER_API_KEY") or sys.exit("Set OPENROUTER_API_KEY to your key.")
WEBHOOK = os.environ.get("BUDGET_WEBHOOK_URL") or sys.exit(
    "Set BUDGET_WEBHOOK_URL to the address to tell."
)
WAITS_SECONDS = (0, 0.5, 2)
messenger = ThreadPoolExecutor(max_workers=1)  # A slow webhook must not slow a call.


def tell(reached: BudgetThresholdReached) -> None:
    """Post in another thread."""
    committed, limit = reached.committed_usd, reached.limit_usd
    text = f"{committed:.2f} of {limit:.2f} USD are spent or held for {reached.scope}."
    # An id with `<!channel>` in it must not call everybody.
    messenger.submit(post, html.escape(text, quote=False))


def post(text: str) -> None:
    """Try three times. The address is a secret: httpx would log it, and quote it in errors."""
    body, headers = json.dumps({"text": text}).encode(), {"Content-Type": "application/json"}
    told = ""
    for wait_seconds in WAITS_SECONDS:
        time.sleep(wait_seconds)
        try:
            request = urllib.request.Request(WEBHOOK, body, headers)  # noqa: S310 - yours
            with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - yours
                return
        except Exception as error:  # Of whatever kind: its text may hold the address.
            told = type(error).__name__
    logging.getLogger("budgets").warning("No webhook was told: %s", told)


bus = EventBus()
bus.subscribe(BudgetThresholdReached, tell)
budget = Budget("5.00", ebook_id="forest-animals", soft_limit="0.00001")
recorder = Recorder(bus=bus, budgets=[budget])

with OpenRouter(KEY, recorder=recorder) as client, attribute(ebook_id="forest-animals"):
    for name in ("fox", "owl"):
        client.chat(model="openai/gpt-5-nano", messages=[{"role": "user", "content": name}])
recorder.close()
messenger.shutdown()

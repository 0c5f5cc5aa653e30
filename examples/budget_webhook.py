"""Tell a Slack-compatible webhook when a budget passes its soft limit, beside the calls."""

import logging
import os
from concurrent.futures import ThreadPoolExecutor

import httpx
import stamina

from ingest import Budget, BudgetThresholdReached, EventBus, OpenRouter, Recorder, attribute

WEBHOOK = os.environ["BUDGET_WEBHOOK_URL"]
messenger = ThreadPoolExecutor(max_workers=1)  # A slow webhook must not slow a call.


def tell(reached: BudgetThresholdReached) -> None:
    """Post in another thread."""
    text = (
        f"{reached.committed_usd:.2f} of {reached.limit_usd:.2f} USD are spent for {reached.scope}."
    )
    messenger.submit(post, text)


def post(text: str) -> None:
    """Try three times; the address is a secret, and errors of httpx quote it."""
    try:
        for attempt in stamina.retry_context(on=httpx.HTTPError, attempts=3, wait_initial=0.2):
            with attempt:
                httpx.post(WEBHOOK, json={"text": text}, timeout=5).raise_for_status()
    except httpx.HTTPError as error:
        logging.getLogger("budgets").warning("No webhook was told: %s", type(error).__name__)


bus = EventBus()
bus.subscribe(BudgetThresholdReached, tell)
budget = Budget("5.00", ebook_id="forest-animals", soft_limit="0.00001")
recorder = Recorder(bus=bus, budgets=[budget])

with OpenRouter(recorder=recorder) as client, attribute(ebook_id="forest-animals"):
    for name in ("fox", "owl"):
        client.chat(model="openai/gpt-5-nano", messages=[{"role": "user", "content": name}])
recorder.close()
messenger.shutdown()

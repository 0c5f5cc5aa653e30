"""Posting alerts to a webhook. Its address is a secret: no log and no error repeats it."""

import html
from collections.abc import Iterable

import httpx

from ingest.errors import NoAnswer, RequestRefused, UsageError
from ingest.pull.provider import Patience, is_transient
from ingest.sync.alerts import Alert

TIMEOUT = httpx.Timeout(10.0)


def require_address(webhook: str) -> str:
    """`webhook`, if it is an address. Raises `UsageError`, which does not repeat it."""
    try:
        url = httpx.URL(webhook)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise UsageError("The webhook must be an address with https:// or http://: mend it.")
    return webhook


def post_alerts(
    webhook: str,
    alerts: Iterable[Alert],
    *,
    patience: Patience | None = None,
    transport: httpx.BaseTransport | None = None,
) -> None:
    """Post them as one JSON object, tried again while the other side is busy or away.

    `text` has the sentences as Slack and its like show them, `alerts` each by itself. Raises
    `RequestRefused` or `NoAnswer`. What came but was not answered may come twice.
    """
    told = list(alerts)
    # An id with `<!channel>` in it must not call everybody.
    text = html.escape("\n".join(alert.sentence for alert in told), quote=False)
    message = {
        "text": text,
        "alerts": [
            {"kind": alert.kind, "about": alert.about, "sentence": alert.sentence} for alert in told
        ],
    }
    with httpx.Client(timeout=TIMEOUT, transport=transport) as client:
        for attempt in (patience or Patience()).attempts(is_transient):
            with attempt:
                _post(client, webhook, message)


def _post(client: httpx.Client, webhook: str, message: object) -> None:
    try:
        status = client.post(webhook, json=message).status_code
    except Exception as error:
        # Of whatever kind, and its kind only: its text may hold the address.
        raise NoAnswer(
            f"The webhook did not answer ({type(error).__name__}); the next sync tells it again."
        ) from None
    if status >= 300:
        raise RequestRefused(
            f"The webhook answered with status {status}; the next sync tells it again.",
            http_status=status,
        )

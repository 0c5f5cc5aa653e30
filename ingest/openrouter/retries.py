"""The one retry policy: repeat only what OpenRouter is known not to have billed.

A request that never left, a rate limit, an overloaded provider and a full in-flight budget cost
nothing. A time-out, a cut connection and any other 5xx may have been billed: repeating them is
paying twice, so they go to the caller.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from ingest.errors import NoAnswer, RequestRefused

ATTEMPTS = 4
LONGEST_BACKOFF_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 180.0
"""A `Retry-After` beyond this goes to the caller instead; 120 s were seen on the wire."""

_UNBILLED_STATUSES = {429, 503, 529}
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def wait_before_retry(error: Exception) -> bool | float:
    """Whether to try again; a number is the seconds that OpenRouter asked for."""
    if isinstance(error, NoAnswer):
        return isinstance(error.__cause__, _NEVER_SENT)
    if not isinstance(error, RequestRefused) or not _is_unbilled_and_transient(error):
        return False
    if error.retry_after_seconds is None:
        return True
    return error.retry_after_seconds if error.retry_after_seconds <= LONGEST_WAIT_SECONDS else False


def retry_after_seconds(headers: httpx.Headers, now: datetime) -> float | None:
    """`Retry-After` as seconds from `now`, whether it was sent as seconds or as an HTTP date."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait: timedelta = at.replace(tzinfo=at.tzinfo or UTC) - now
    return max(0.0, wait.total_seconds())


def _is_unbilled_and_transient(error: RequestRefused) -> bool:
    is_in_flight = error.http_status == 402 and error.limit_source == "openrouter_in_flight_budget"
    return error.http_status in _UNBILLED_STATUSES or is_in_flight

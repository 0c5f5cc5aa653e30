"""Asking OpenRouter for its records: one client, one way to read an answer, one way to refuse."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import stamina

from ingest.clock import utc_now
from ingest.errors import KeyMissing, NoAnswer, OpenRouterError, RequestRefused, UsageError
from ingest.money import loads
from ingest.openrouter.retries import retry_after_seconds
from ingest.settings import server_address

API_KEY = "OPENROUTER_API_KEY"
MANAGEMENT_KEY = "OPENROUTER_MANAGEMENT_KEY"

Progress = Callable[[int, int], None]
"""Called with how many are done, and of how many."""

_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_UNREACHABLE = (httpx.ConnectError, httpx.ConnectTimeout)
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504, 524, 529})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to ask again for what is not there yet. The wait doubles each time."""

    total_seconds: float = 30.0
    first_wait_seconds: float = 0.25
    longest_wait_seconds: float = 8.0
    unreachable_seconds: float = 5.0
    """After so long without a connection there is nobody: the wait before the last one may end
    later."""

    def attempts(self, is_worth_it: Callable[[Exception], bool]) -> Iterator[stamina.Attempt]:
        """Attempts for `with`, as long as `is_worth_it` says so of the error that ends one."""
        unreachable_since: float | None = None

        def wait(error: Exception) -> bool | float:
            nonlocal unreachable_since
            if not _is_unreachable(error):
                unreachable_since = None
            else:
                unreachable_since = unreachable_since or time.monotonic()
                if time.monotonic() - unreachable_since >= self.unreachable_seconds:
                    return False
            return is_worth_it(error) and self._wait_for(error)

        return iter(
            stamina.retry_context(
                on=wait,
                attempts=None,
                timeout=self.total_seconds,
                wait_initial=self.first_wait_seconds,
                wait_max=self.longest_wait_seconds,
                wait_jitter=0,
            )
        )

    def _wait_for(self, error: Exception) -> bool | float:
        wait_seconds = error.retry_after_seconds if isinstance(error, RequestRefused) else None
        if wait_seconds is None:
            return True
        return wait_seconds if wait_seconds <= self.total_seconds else False


def provider_client(
    base_url: str,
    key: str | None,
    *,
    key_variable: str | None = None,
    transport: httpx.BaseTransport | None = None,
) -> httpx.Client:
    """A client for OpenRouter's records, to be closed by whoever asked for it.

    `key_variable` names the variable that must hold the key; without it the key is optional.
    `KeyMissing` if it is needed and missing, `UsageError` if `base_url` is no server's address.
    """
    address = server_address(base_url)
    secret = (key or "").strip()
    if key_variable and not secret:
        raise KeyMissing(f"No key to ask OpenRouter with: set {key_variable}.")
    if not (secret.isascii() and secret.isprintable()):
        raise UsageError(f"The key in {key_variable or API_KEY} is damaged: copy it once more.")
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return httpx.Client(base_url=address, headers=headers, timeout=_TIMEOUT, transport=transport)


def get_rows(
    client: httpx.Client,
    path: str,
    params: Mapping[str, str],
    *,
    key_variable: str,
    patience: Patience,
) -> tuple[list[Any], bytes]:
    """The rows under `data` of `GET path`, asked again while OpenRouter is busy, and the body.

    Raises `RequestRefused`, `NoAnswer`, or `OpenRouterError` for a body that holds no rows.
    """
    for attempt in patience.attempts(is_transient):
        with attempt:
            response = get(client, path, params, key_variable=key_variable)
    return _rows(response, path), response.content


def get(
    client: httpx.Client, path: str, params: Mapping[str, str], *, key_variable: str
) -> httpx.Response:
    """One `GET`; raises `RequestRefused` for an error status and `NoAnswer` without any."""
    try:
        response = client.get(path, params=dict(params))
    except httpx.HTTPError as error:
        # Without the part before an @, which may be a password.
        url = client.base_url
        address = f"{url.scheme}://{url.netloc.decode()}{url.path.rstrip('/')}"
        told = str(error) or type(error).__name__
        if isinstance(error, _UNREACHABLE):
            sentence = f"{address} cannot be reached ({told}): is OPENROUTER_BASE_URL right?"
        else:
            sentence = f"OpenRouter did not answer at {address}: {told}. Try again later."
        raise NoAnswer(sentence) from error
    if response.status_code >= 300:
        raise refusal(response, path, key_variable)
    return response


def is_transient(error: Exception) -> bool:
    """Whether the same question may be answered soon; asking twice costs nothing."""
    if isinstance(error, RequestRefused):
        return error.http_status in _TRANSIENT
    return isinstance(error, NoAnswer) and not isinstance(
        error.__cause__, httpx.UnsupportedProtocol
    )


def _is_unreachable(error: Exception) -> bool:
    return isinstance(error, NoAnswer) and isinstance(error.__cause__, _UNREACHABLE)


def refusal(response: httpx.Response, path: str, key_variable: str) -> RequestRefused:
    """The error for an answer with an error status, and what to do about it."""
    status = response.status_code
    if status in (401, 403):
        # Without OpenRouter's own words: some refusals repeat a part of the key.
        message = f"OpenRouter refused {path} with status {status}: the key in {key_variable} "
        message += "is not valid." if status == 401 else "has no right to it."
        if key_variable == MANAGEMENT_KEY:
            message += " It must be a management key (openrouter.ai/settings/management-keys)."
    else:
        advice = "Try again later." if status in _TRANSIENT else "Is OPENROUTER_BASE_URL right?"
        message = f"OpenRouter answered {path} with status {status}. {advice}"
    return RequestRefused(
        message,
        http_status=status,
        retry_after_seconds=retry_after_seconds(response.headers, utc_now()),
    )


def _rows(response: httpx.Response, path: str) -> list[Any]:
    try:
        document = loads(response.content)
    except ValueError:
        document = None
    rows = document.get("data") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise OpenRouterError(f"OpenRouter's answer to {path} holds no list of rows under `data`.")
    return rows

"""API keys: any bearer is a key, and words in it say what kind of key."""

import hashlib
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from ingest.simulator.pricing import Byok
from ingest.simulator.refusals import management_key_required, missing_key


@dataclass(frozen=True)
class ApiKey:
    """A key, known by the SHA-256 of its text as in OpenRouter's `api_key_hash`.

    "management" in the key makes it one for account-level meters; "byok" bills the caller's own
    provider account, "byok-fee" adds OpenRouter's fee to that.
    """

    sha256: str
    label: str
    is_management: bool
    byok: Byok


def require_key(connection: HTTPConnection) -> ApiKey:
    """The key that came with the request; raises a refusal (401) when none did."""
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise missing_key()
    return _describe(secret.strip())


def require_management_key(connection: HTTPConnection) -> ApiKey:
    """The same for an account-level meter; raises a refusal (403) for an ordinary key."""
    key = require_key(connection)
    if not key.is_management:
        raise management_key_required()
    return key


def key_name(sha256: str) -> str:
    """The name that its owner gave a key, here one made of its hash."""
    return f"key-{sha256[:6]}"


def _describe(secret: str) -> ApiKey:
    byok = Byok.NONE
    if "byok" in secret:
        byok = Byok.FEE if "byok-fee" in secret else Byok.FREE
    return ApiKey(
        sha256=hashlib.sha256(secret.encode()).hexdigest(),
        label=f"{secret[:10]}...{secret[-3:]}",
        is_management="management" in secret,
        byok=byok,
    )
